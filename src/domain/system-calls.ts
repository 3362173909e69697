/** The system calls of programs, by purpose. A kernel or library ignores a name that it does not know. */
const ALLOWED = {
  files: `access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
    fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync
    flock fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64
    ioctl lchown lchown32 link linkat _llseek lseek lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at
    newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat
    readv rename renameat renameat2 rmdir sendfile sendfile64 splice stat stat64 statfs statfs64 statmount listmount
    statx symlink symlinkat sync sync_file_range syncfs tee truncate truncate64 umask unlink unlinkat utime utimensat
    utimensat_time64 utimes vmsplice write writev cachestat`,
  attributes: `fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat
    llistxattr lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat`,
  waiting: `epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old
    eventfd eventfd2 inotify_add_watch inotify_init inotify_init1 inotify_rm_watch _newselect pause poll ppoll
    ppoll_time64 pselect6 pselect6_time64 select signalfd signalfd4`,
  memory: `brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2
    mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease
    remap_file_pages`,
  processes: `execve execveat exit exit_group fork vfork getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups
    getgroups32 getpgid getpgrp getpid getppid getresgid getresgid32 getresuid getresuid32 getsid gettid getuid getuid32
    pidfd_open pidfd_send_signal prctl process_vm_readv process_vm_writev ptrace restart_syscall seccomp setpgid setsid
    set_tid_address wait4 waitid waitpid landlock_add_rule landlock_create_ruleset landlock_restrict_self`,
  identity: `capget capset setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setregid
    setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setuid setuid32`,
  threads: `futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake get_robust_list get_thread_area rseq
    set_robust_list set_thread_area arch_prctl modify_ldt uretprobe`,
  signals: `alarm kill rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
    rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn tgkill tkill`,
  time: `adjtimex clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
    clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create timer_delete
    timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
    timerfd_gettime64 timerfd_settime timerfd_settime64 times`,
  scheduling: `getcpu getpriority getrlimit getrusage ioprio_get ioprio_set prlimit64 sched_getaffinity sched_getattr
    sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval
    sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield
    setpriority setrlimit ugetrlimit`,
  sockets: `accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg
    recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown`,
  exchange: `io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ipc mq_getsetattr
    mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget
    msgrcv msgsnd pipe pipe2 semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget`,
  machine: `getrandom sysinfo uname`,
  arm: `arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2`,
}

/** System calls that no task needs. They are named so that each engine answers "not permitted". */
const CLOSED = {
  rings: 'io_uring_enter io_uring_register io_uring_setup',
  keys: 'add_key keyctl request_key',
  namespaces: 'setns unshare',
  mounts: `chroot fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree open_tree_attr pivot_root umount
    umount2`,
  handles: 'fanotify_init fanotify_mark open_by_handle_at pidfd_getfd',
  tracing: 'bpf kcmp lookup_dcookie perf_event_open process_madvise userfaultfd',
  modules: 'create_module delete_module finit_module init_module kexec_file_load kexec_load query_module',
  machine: `acct clock_settime clock_settime64 ioperm iopl lsm_set_self_attr quotactl quotactl_fd reboot setdomainname
    sethostname settimeofday stime swapoff swapon sysfs _sysctl syslog vhangup`,
  memory: 'get_mempolicy mbind migrate_pages move_pages set_mempolicy set_mempolicy_home_node',
  old: `nfsservctl uselib ustat vm86 vm86old`,
}

const words = (groups: Readonly<Record<string, string>>): readonly string[] =>
  Object.values(groups).flatMap((names) => names.split(/\s+/))

export const ALLOWED_CALLS = words(ALLOWED)
export const CLOSED_CALLS = words(CLOSED)
