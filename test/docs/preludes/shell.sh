# Sourced before each shell block of the docs. Replaces commands that need network access or do not terminate.
# Everything else runs as printed.

# The placeholder URL of the repository is replaced by the checked tree, including uncommitted changes.
git() {
  if [ "$1" = clone ]; then
    local folder
    folder=$(basename "$2" .git)
    mkdir "$folder" && (cd "$DOCS_ROOT" && command git ls-files -z --cached --others --exclude-standard |
      tar --null --files-from=- --ignore-failed-read -cf - 2>/dev/null) | tar -xf - -C "$folder"
  else command git "$@"; fi
}

npm() {
  case "$*" in
    # The package is not published yet, so the packed tree is installed.
    'install nestjs-llm-telemetry')
      command npm install --include=dev --strict-peer-deps --ignore-scripts --no-package-lock --no-audit --no-fund \
        --prefer-offline "$DOCS_TARBALL" ;;
    # The demo runs until Ctrl-C without --once.
    'run demo') command npm run --silent demo -- --once ;;
    *) command npm "$@" ;;
  esac
}
