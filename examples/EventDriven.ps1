<#
.SYNOPSIS
Watches two pieces of work by their events: progress, results, a failure, and what caused what.

.DESCRIPTION
Starts the sample server and publishes two events, first_arg and second_arg. A handler of each starts a background job that
processes items, side by side with the other. Handlers of progress and result print what the jobs report while the script
only waits. In the end a call fails, and the cascade of the first event is shown, read from the log of all events.

.PARAMETER FirstCount
How many items the first event has processed: FirstEvent-1, FirstEvent-2 ...

.PARAMETER SecondCount
How many items the second event has processed.

.PARAMETER LogPath
Where the events are logged, as JSON Lines.

.PARAMETER Speed
What the sample tools' delays are divided by. 1 is what a person likes to watch.

.EXAMPLE
./EventDriven.ps1 3 2
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateRange(1, 1000)]
    [int] $FirstCount = 3,

    [Parameter(Position = 1)]
    [ValidateRange(1, 1000)]
    [int] $SecondCount = 2,

    [string] $LogPath = (Join-Path ([System.IO.Path]::GetTempPath()) "McpEvents-$PID.jsonl"),

    [ValidateRange(0.1, 1000)]
    [double] $Speed = 1
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'

# From a clone the module just built, else an installed one.
$built = Join-Path $PSScriptRoot '../out/McpProgress'
Import-Module ((Test-Path $built) ? $built : 'McpProgress')

$server = Start-McpProgressServer -Stdio -Connect -Speed $Speed -Name sample
$log = Start-McpEventLog $LogPath
$titles = @{}   # which event a task works for
$jobs = [System.Collections.Generic.List[object]]::new()
$subscribers = @(
    # The user's own events start the work. What a handler starts has the handled event as its cause.
    Register-McpEvent first_arg, second_arg {
        $title, $count = $_.Data.title, $_.Data.count
        $job = Invoke-McpTool process_items @{ items = 1..$count | ForEach-Object { "$title-$_" } } -Server sample -AsJob -Mode Call
        $titles[$job.Task.Id] = $title
        $jobs.Add($job)
    }

    # What the work reports. Handlers run while the script waits in a cmdlet of the module.
    Register-McpEvent progress {
        if (-not $titles.ContainsKey("$($_.TaskId)")) { return }
        $percent = ($_.Data.progress / $_.Data.total).ToString('P1', [cultureinfo]::InvariantCulture) -replace ' '
        Write-Host "[Progress Event] $($titles[$_.TaskId]): $percent | $($_.Data.message)"
    }
    Register-McpEvent result {
        if ($titles.ContainsKey("$($_.TaskId)")) {
            Write-Host "[Result Event] $($titles[$_.TaskId]) finished $([char] 0x2192) $($_.Data.structuredContent.results -join ', ')"
        } elseif ($_.Data.isError) {
            Write-Host "[Failure Event] $($_.Data.tool) failed: $($_.Data.text)"
        }
    }
)

try {
    $first = New-McpEvent first_arg @{ title = 'FirstEvent'; count = $FirstCount }
    $null = New-McpEvent second_arg @{ title = 'SecondEvent'; count = $SecondCount }
    foreach ($job in @($jobs)) {
        $null = Wait-McpEvent result, failed, cancelled { $_.TaskId -eq $job.Task.Id } -Since $first.Timestamp -TimeoutSec 600
    }

    # A call that fails: an event for those who watch, an error for the one who calls.
    try {
        Invoke-McpTool fail_halfway -Server sample
    } catch {
        Write-Host "Caught $($_.FullyQualifiedErrorId.Split(',')[0])."
    }
} finally {
    $subscribers | Unregister-Event
    $jobs | Remove-Job -Force
    $log | Stop-McpEventLog
    $server | Stop-McpProgressServer
}

Write-Host "`nWhat followed from first_arg, out of the $($log.Written) events in $($log.Path):"
Get-McpEvent -Path $log.Path -Cascade $first.Id
