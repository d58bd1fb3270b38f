# Sourced before each shell block of the docs. Maps what a machine without network access, and a run that must end,
# cannot do as printed. Everything else runs as printed.

# The repository's placeholder address: the tree that is checked, uncommitted changes included.
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
    # The package that is not published yet: the packed tree.
    'install nestjs-llm-telemetry')
      command npm install --include=dev --strict-peer-deps --ignore-scripts --no-package-lock --no-audit --no-fund \
        --prefer-offline "$DOCS_TARBALL" ;;
    # The demo stays up until Ctrl-C.
    'run demo') command npm run --silent demo -- --once ;;
    *) command npm "$@" ;;
  esac
}
