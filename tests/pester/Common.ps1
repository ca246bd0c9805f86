# What several test files need; dot-source it in BeforeDiscovery or BeforeAll.

$root = (Resolve-Path -LiteralPath (Join-Path $PSScriptRoot '../..')).Path
$modulePath = Join-Path $root 'out/McpProgress'

# What starts a new PowerShell like this one: the program, and what comes first on its command line. The .NET tool has no
# launcher: there, this very process is "dotnet pwsh.dll".
$pwsh, $pwshFirst = (Join-Path $PSHOME ($IsWindows ? 'pwsh.exe' : 'pwsh')), @()
if (-not (Test-Path -LiteralPath $pwsh)) { $pwsh, $pwshFirst = 'dotnet', @(Join-Path $PSHOME 'pwsh.dll') }

# The registry of tasks is the user's: tests, and what they start, have one of their own. It is read once, at first use.
if (-not $env:MCPPROGRESS_TEST_STATE) {
    $env:MCPPROGRESS_TEST_STATE = Join-Path ([System.IO.Path]::GetTempPath()) "mcpprogress-tests-$PID"
    $env:XDG_STATE_HOME = $env:MCPPROGRESS_TEST_STATE
}

function Invoke-FreshPowerShell {
    <#
    .SYNOPSIS
    Runs a script in a new PowerShell process and returns what it put out, carried over as JSON. Fails when it fails.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)][string] $Script)

    $text = "`$ErrorActionPreference = 'Stop'; ConvertTo-Json -Compress -Depth 5 -InputObject @(& { $Script })"
    $encoded = [Convert]::ToBase64String([System.Text.Encoding]::Unicode.GetBytes($text))
    $output = & $pwsh @pwshFirst -NoProfile -NonInteractive -EncodedCommand $encoded 2>&1
    $lines, $errors = $output.Where({ $_ -isnot [System.Management.Automation.ErrorRecord] }, 'Split')
    if ($LASTEXITCODE) { throw "The new PowerShell ended with $LASTEXITCODE`: $($errors -join "`n")" }
    $lines | Select-Object -Last 1 | ConvertFrom-Json
}
