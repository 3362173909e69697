import { CLOSED, doorProbe, REFUSED } from '../../fixtures/kernel-doors.ts'
import type { Attack } from './attack.ts'

/** The pids of the init and of the worker. */
const BOTH = `both=1; for p in /proc/[0-9]*; do case $(tr '\\0' ' ' <$p/cmdline 2>/dev/null)x in *worker/main.cjs?/berth/exchange?x) [ $p = /proc/1 ] || both="$both \${p#/proc/}";; esac; done; set -- $both; [ $# = 2 ] && echo found both`
const EACH = `${BOTH}; for pid in $both; do`
/** As /proc/net/tcp writes the port of Node's inspector. */
const INSPECTOR = ':240D'

export const kernelAttacks: readonly Attack[] = [
  {
    name: 'doors of the kernel that no task needs: each is closed',
    sh: `perl -e '${doorProbe(CLOSED)}'`,
    prints: new RegExp(`^${Object.keys(CLOSED)[0]}=${REFUSED.EAFNOSUPPORT}$`, 'm'),
    neverPrints: new RegExp(`=(?!(?:${Object.values(REFUSED).join('|')})$)\\d+$`, 'm'),
  },
  {
    name: 'the environment, memory and files of init and worker: not to be read or written by their own user',
    sh: `${EACH} for file in environ mem maps auxv; do head -c 1 /proc/$pid/$file >/dev/null 2>&1 && echo "read $file"; done; (: >>/proc/$pid/mem) 2>/dev/null && echo "wrote mem"; ls /proc/$pid/fd >/dev/null 2>&1 && echo "listed fd"; done; echo end`,
    prints: /^found both\nend\n?$/,
  },
  {
    name: 'a debugger on init and worker: refused',
    sh: `${EACH} perl -e 'for my $how (16, 0x4206) { print syscall(101, $how, '$pid', 0, 0) == 0 ? "attached" : "refused", "\\n" }'; done`,
    prints: /^found both\n(?:refused\n?){4}$/,
  },
  {
    name: "memory of the worker by another process' call: refused",
    sh: `${EACH} perl -e 'my $to = "x" x 8; my $local = pack("QQ", unpack("Q", pack("P", $to)), 8); my $remote = pack("QQ", 0x400000, 8); $! = 0; syscall(310, '$pid', $local, 1, $remote, 1, 0); print $! + 0 == 1 ? "refused" : "errno " . ($! + 0), "\\n"'; done`,
    prints: /^found both\n(?:refused\n?){2}$/,
  },
  {
    name: 'SIGUSR1 to the worker: its inspector stays shut',
    sh: `${EACH} [ $pid = 1 ] || for i in 1 2 3; do kill -USR1 $pid; done; done; cat /proc/net/tcp /proc/net/tcp6 | grep -c ${INSPECTOR}; kill -0 $pid && echo alive`,
    prints: /^found both\n0\nalive\n?$/,
  },
]
