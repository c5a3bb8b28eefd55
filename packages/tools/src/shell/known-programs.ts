/** Programs that execute code which their arguments or their input contain. */
const interpreters =
  'sh ash bash dash zsh ksh mksh fish csh tcsh rbash busybox toybox pwsh powershell cmd node nodejs deno bun tsx ts-node python pypy perl ruby irb php lua luajit ' +
  'tclsh wish expect awk gawk mawk nawk osascript java jshell groovy scala kotlin clojure julia R Rscript octave ghci runghc erl escript elixir iex racket guile ' +
  'sbcl gdb lldb ed ex vi vim nvim view emacs sqlite3 psql mysql m4 jq'

/** Programs whose purpose is to start others. */
const launchers =
  'env xargs sudo doas su pkexec runuser setpriv nohup nice ionice timeout time setsid stdbuf unbuffer strace ltrace watch parallel chroot unshare nsenter bwrap firejail ' +
  'systemd-run ssh rsh docker podman nerdctl kubectl make gmake ninja just npm npx pnpm yarn corepack pip pipx uv uvx gem bundle cargo go script flock taskset chrt ' +
  'start-stop-daemon run-parts at batch crontab tmux screen socat nc ncat'

/** Programs with options that start others, such as `git -c`, `find -exec`, `tar --to-command`: safe only with patterns that do not let these pass. */
const withProgramOptions =
  'git find fd tar bsdtar sed rsync zip unzip man less more most sort rg curl wget scp sftp ftp gpg openssl svn hg tig split ip tcpdump ' +
  'rpm dpkg apt apt-get yum dnf brew cmake gcc cc g++ clang ld mount logrotate'

const setOf = (names: string): ReadonlySet<string> => new Set(names.split(' '))
const [startsCode, startsPrograms, hasOptions] = [setOf(interpreters), setOf(launchers), setOf(withProgramOptions)]

/** Why a program can execute more than itself; `undefined` for one that is not known for it. */
export type KnownRisk = 'interpreter' | 'launcher' | 'program-options'

/** Finds out from a file name, with or without a version such as that of `python3.12`, what a program is known for. */
export function knownRisk(fileName: string): KnownRisk | undefined {
  const names = [fileName, fileName.replace(/\.(?:exe|js|mjs|cjs|sh|py|so)$/i, ''), fileName.replace(/[-._]?\d[\d.]*(?:-\w+)*$/, '')]
  if (names.some((name) => startsCode.has(name))) return 'interpreter'
  // The loader of the system runs the program that it is given.
  if (names.some((name) => startsPrograms.has(name)) || /^ld(?:-linux|-musl|\.so)/.test(fileName)) return 'launcher'
  return names.some((name) => hasOptions.has(name)) ? 'program-options' : undefined
}
