/*
 * Preloaded by a program of the toolbox in place of the image's own libraries, which may need another C library. Before
 * the program's first line it puts the variables back for the program's children: BERTH_KEPT_NAME becomes NAME again.
 */
#include <string.h>

#define PREFIX "BERTH_KEPT_"
#define OURS "LD_PRELOAD="

extern char **environ;

__attribute__((constructor)) static void restore(void) {
  char **to = environ;
  for (char **from = environ; *from != NULL; from++) {
    if (strncmp(*from, OURS, sizeof OURS - 1) == 0) continue;
    *to++ = strncmp(*from, PREFIX, sizeof PREFIX - 1) == 0 ? *from + sizeof PREFIX - 1 : *from;
  }
  *to = NULL;
}
