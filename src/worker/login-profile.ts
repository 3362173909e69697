import { shellWord } from '../std/shell-word.ts'

/**
 * ~/.profile for a PATH. An image's /etc/profile mostly sets PATH anew, so a login shell would find neither the image's
 * own programs nor the toolbox. What profiles have added stays, behind them.
 */
export const loginProfile = (path: string): string => `berth_path=${shellWord(path)}
case ":$PATH:" in
  *":$berth_path:"*) ;;
  *)
    berth_ifs=\${IFS- }
    IFS=:
    for berth_part in $PATH; do
      case ":$berth_path:" in
        *":$berth_part:"*) ;;
        *) berth_path=$berth_path:$berth_part ;;
      esac
    done
    IFS=$berth_ifs
    export PATH="$berth_path"
    ;;
esac
unset berth_path berth_part berth_ifs
`
