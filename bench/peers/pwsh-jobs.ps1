<#
.SYNOPSIS
Many jobs at once on one connection to the sample server; prints one JSON line (see bench/README.md).
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)][string] $Module,
    [Parameter(Mandatory)][string] $Server,
    [int] $Count = 1000
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
# The registry of tasks is the user's: these have one of their own. It is read once, at first use.
$env:XDG_STATE_HOME = Join-Path ([System.IO.Path]::GetTempPath()) "mcpprogress-bench-$PID"
Import-Module $Module

$process = [System.Diagnostics.Process]::GetCurrentProcess()
$null = Connect-McpServer -Command dotnet -ArgumentList $Server, 'stdio'
$null = Invoke-McpTool process_items @{ items = @('a') }

$process.Refresh()
$memory = $process.WorkingSet64
$cpu = $process.TotalProcessorTime
$watch = [System.Diagnostics.Stopwatch]::StartNew()
$jobs = 1..$Count | ForEach-Object { Invoke-McpTool process_items @{ items = @("a$_", 'b') } -AsJob }
$started = $watch.Elapsed.TotalSeconds
$null = $jobs | Wait-McpTask
$seconds = $watch.Elapsed.TotalSeconds
$process.Refresh()

$wrong = 0
for ($i = 0; $i -lt $Count; $i++) {
    if (($jobs[$i] | Receive-Job).results[0] -ne "A$($i + 1)") { $wrong++ }
}

[pscustomobject]@{
    wrong           = $wrong
    startSeconds    = $started
    seconds         = $seconds
    cpuSeconds      = ($process.TotalProcessorTime - $cpu).TotalSeconds
    growthMegabytes = ($process.PeakWorkingSet64 - $memory) / 1MB
} | ConvertTo-Json -Compress
Get-Job | Remove-Job -Force
Get-McpServer | Disconnect-McpServer
if (Test-Path $env:XDG_STATE_HOME) { Remove-Item $env:XDG_STATE_HOME -Recurse -Force }
