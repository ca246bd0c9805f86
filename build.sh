#!/usr/bin/env bash
# Builds, tests and packages McpProgress: build.sh [build|test|demo|bench|package|clean] [-Configuration Release] [-Interop]
#
# Finds PowerShell 7.4 or newer (on the PATH, else the .NET tool of .config/dotnet-tools.json) and hands over to
# build.ps1. Where no PowerShell can be had, build, test, demo and clean do what the .NET SDK alone can do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# Runs a command with a time limit and without a stdin to wait on: limited <seconds> <command>...
# (macOS has no "timeout".)
limited() {
    local seconds=$1 status=0 pid watch
    shift
    "$@" </dev/null & pid=$!
    (
        trap 'kill "$nap"; exit' TERM
        sleep "$seconds" & nap=$!
        wait "$nap"
        kill "$pid"
    ) >/dev/null 2>&1 & watch=$!
    wait "$pid" || status=$?
    kill "$watch" 2>/dev/null || true
    return "$status"
}

is_recent() {
    limited 60 "$@" -NoProfile -NonInteractive -Command \
        'if ($PSVersionTable.PSVersion -lt [version]"7.4") { exit 1 }' >/dev/null 2>&1
}

# Sets the array pwsh to the command that runs PowerShell 7.4 or newer; fails, and says why, when there is none.
find_powershell() {
    pwsh=(pwsh)
    if command -v pwsh >/dev/null && is_recent "${pwsh[@]}"; then return 0; fi
    if ! command -v dotnet >/dev/null; then
        why='neither pwsh 7.4 or newer nor the .NET SDK is on the PATH'
        return 1
    fi
    pwsh=(dotnet tool run pwsh --)
    if limited 120 dotnet tool restore >/dev/null 2>&1 && is_recent "${pwsh[@]}"; then return 0; fi
    why='pwsh 7.4 or newer is not on the PATH, and the .NET tool "powershell" could not be restored'
    return 1
}

build_project() {
    dotnet msbuild tools/Build.proj -restore "-t:$1" "-p:Configuration=$configuration" "${@:2}" \
        -m -nodeReuse:false -v:q -nologo -tl:off </dev/null
}

install_interop_packages() {
    if [ ! -f tests/interop/package-lock.json ]; then return 0; fi
    if ! command -v npm >/dev/null; then
        echo 'npm was not found: the interop tests that need it will say that they were skipped.'
    elif ! cmp -s tests/interop/package-lock.json tests/interop/node_modules/.installed-lock; then
        if npm ci --prefix tests/interop --no-audit --no-fund --loglevel=error --fetch-timeout=60000 --fetch-retries=1 </dev/null; then
            cp tests/interop/package-lock.json tests/interop/node_modules/.installed-lock
        else
            echo "npm ci failed with exit code $?."
        fi
    fi
}

# Runs all xUnit and interop tests, or with -Interop only those, and prints the totals, counted from the trx file.
test_without_powershell() {
    build_project PublishModule
    build_project BuildTests -p:WithTests=true "-p:TestFolder=$folder"
    install_interop_packages
    local results="$PWD/out/test-results" status=0 project name assemblies=()
    rm -rf "$results"
    for project in tests/$folder/*/*.Tests.csproj; do
        name=$(basename "$project" .csproj)
        assemblies+=("$(dirname "$project")/bin/$configuration/net8.0/$name.dll")
    done
    dotnet test "${assemblies[@]}" --logger "trx;LogFileName=$results/xunit.trx" --results-directory "$results" \
        --blame-hang-timeout 10m --blame-hang-dump-type none </dev/null || status=$?

    local counters total=0 executed=0 passed=0
    counters=$(grep -o '<Counters [^>]*>' "$results/xunit.trx" || true)
    if [ -n "$counters" ]; then
        total=$(sed 's/.* total="\([0-9]*\)".*/\1/' <<<"$counters")
        executed=$(sed 's/.* executed="\([0-9]*\)".*/\1/' <<<"$counters")
        passed=$(sed 's/.* passed="\([0-9]*\)".*/\1/' <<<"$counters")
    fi
    # A run that broke off counts as a failure, whatever its tests said.
    local failed=$((executed - passed))
    if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi

    echo "The Pester tests were not run: $why."
    echo
    echo "$passed passed, $failed failed, $((total - executed)) skipped"
    [ "$failed" -eq 0 ]
}

run_without_powershell() {
    case "$task" in
        build) build_project PublishModule; echo "The module is in $PWD/out/McpProgress (without its help: $why)." ;;
        test) test_without_powershell ;;
        demo) build_project PublishModule; dotnet out/McpProgress/bin/mcpprogress-server.dll demo ;;
        clean) for project in src/*/*.csproj tests/*/*/*.csproj bench/*.csproj bench/*/*.csproj; do
                rm -rf "${project%/*}/bin" "${project%/*}/obj"
            done
            rm -rf out ;;
        *) echo "build.sh $task needs PowerShell: $why." >&2; return 1 ;;
    esac
}

task=build
configuration=Release
folder='*'
arguments=("$@")
while [ $# -gt 0 ]; do
    case "$1" in
        build | test | demo | bench | package | clean) task=$1 ;;
        -Configuration | -configuration) shift; configuration=${1:?-Configuration needs Debug or Release} ;;
        -Interop | -interop) folder=interop ;;
        *) echo "usage: build.sh [build|test|demo|bench|package|clean] [-Configuration Debug|Release] [-Interop]" >&2; exit 2 ;;
    esac
    shift
done

if find_powershell; then
    # The demo alone may use the console's input.
    if [ "$task" = demo ]; then exec "${pwsh[@]}" -NoProfile -File build.ps1 "${arguments[@]}"; fi
    exec "${pwsh[@]}" -NoProfile -NonInteractive -File build.ps1 ${arguments[@]+"${arguments[@]}"} </dev/null
fi
run_without_powershell
