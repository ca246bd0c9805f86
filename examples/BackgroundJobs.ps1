<#
.SYNOPSIS
Background work as jobs: several at once, waited for with bars, one that asks, one that is stopped.

.PARAMETER Speed
What the sample tools' delays are divided by. 1 is what a person likes to watch.
#>
[CmdletBinding()]
param(
    [ValidateRange(0.1, 1000)]
    [double] $Speed = 1
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'

# From a clone the module just built, else an installed one.
$built = Join-Path $PSScriptRoot '../out/McpProgress'
Import-Module ((Test-Path $built) ? $built : 'McpProgress')

$connection = Start-McpProgressServer -Stdio -Connect -Speed $Speed
try {
    Write-Host 'Three analyses run side by side; meanwhile the prompt is free.'
    $jobs = 'north', 'south', 'west' | ForEach-Object { Invoke-McpTool analyze_data @{ data_id = $_ } -AsJob -JobName $_ }
    Invoke-McpTool process_items @{ items = 'something', 'else' } | Out-Host
    $jobs | Out-Host

    Write-Host 'Wait-McpTask shows a bar for each, and returns those that have ended.'
    $jobs | Wait-McpTask | Out-Host
    $jobs | Receive-Job -AutoRemoveJob -Wait | Out-Host

    Write-Host 'This tool asks before it acts. The job says so, and Send-McpTaskInput answers.'
    $booking = Invoke-McpTool book_table @{ restaurant = 'Luigi' } -AsJob
    while ((Get-McpTask $booking).Status -eq 'Working') { Start-Sleep -Milliseconds 50 }
    Get-McpTask $booking | Out-Host
    Send-McpTaskInput $booking @{ confirm = $true; guests = 4 }
    Receive-Job $booking -Wait -AutoRemoveJob | Out-Host

    Write-Host 'And this one never ends, until it is stopped, here and on the server.'
    $endless = Invoke-McpTool run_forever -AsJob
    Stop-McpTask $endless
    $endless | Wait-Job | Out-Host
    $endless | Remove-Job
} finally {
    $connection | Disconnect-McpServer
}
