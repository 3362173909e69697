# Debian's /etc/profile sets PATH anew; what the image brings comes first, the toolbox last.
case ":$PATH:" in
  *:/opt/berth/bin:*) ;;
  *) PATH="$PATH:/opt/berth/bin" && export PATH ;;
esac
