/*
 * start PROGRAM ARG...: runs the program with none of the image's variables. NAME=VALUE becomes berth.image.NAME=VALUE,
 * which only the worker reads. It is static, because a loader would obey the image's LD_PRELOAD before the first line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "berth.image."

int main(int argc, char **argv, char **variables) {
  size_t count = 0;
  while (variables[count] != NULL) count++;
  char **renamed = calloc(count + 1, sizeof *renamed);
  for (size_t i = 0; renamed != NULL && i < count; i++) {
    size_t size = sizeof PREFIX + strlen(variables[i]);
    if ((renamed[i] = malloc(size)) == NULL) return 125;
    snprintf(renamed[i], size, "%s%s", PREFIX, variables[i]);
  }
  if (renamed == NULL || argc < 2) return 125;
  execve(argv[1], argv + 1, renamed);
  perror(argv[1]);
  return 127;
}
