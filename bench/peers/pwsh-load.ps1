<#
.SYNOPSIS
The module in PowerShell under the bench's two loads, against FaultyServer over stdio.

.DESCRIPTION
Prints one JSON line of the shape that every peer of the bench prints (see bench/README.md).

The flood runs twice: the first one is measured, the second one collects its updates to look at their order.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)][string] $Module,
    [Parameter(Mandatory)][string] $Server,
    [int] $Updates = 100000,
    [int] $Calls = 2000
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module $Module

function Measure-Median {
    <# .SYNOPSIS The median microseconds from one time stamp to the next. #>
    param([long[]] $Timestamp)

    $ticks = for ($i = 1; $i -lt $Timestamp.Count; $i++) { $Timestamp[$i] - $Timestamp[$i - 1] }
    $sorted = $ticks | Sort-Object
    $sorted[$sorted.Count / 2] * 1e6 / [System.Diagnostics.Stopwatch]::Frequency
}

$connection = Connect-McpServer -Command $Server -ArgumentList flood
$messages = @([pscustomobject]@{ message = 'hello' }) * $Calls
$null = Invoke-McpTool flood @{ count = 2000 }
# As many as every peer has: until then the runtime is still compiling the engine's own code.
$null = @([pscustomobject]@{ message = 'hello' }) * 4000 | Invoke-McpTool echo

$process = [System.Diagnostics.Process]::GetCurrentProcess()
[System.GC]::Collect()
$process.Refresh()
$before = $process.WorkingSet64
$watch = [System.Diagnostics.Stopwatch]::StartNew()
$null = Invoke-McpTool flood @{ count = $Updates }
$seconds = $watch.Elapsed.TotalSeconds

$process.Refresh()
$cpuBefore = $process.TotalProcessorTime
$timestamps = [System.Collections.Generic.List[long]]::new($Calls + 1)
$timestamps.Add([System.Diagnostics.Stopwatch]::GetTimestamp())
$messages | Invoke-McpTool echo | ForEach-Object { $timestamps.Add([System.Diagnostics.Stopwatch]::GetTimestamp()) }
$process.Refresh()
$echoCpu = $process.TotalProcessorTime - $cpuBefore

$null = Invoke-McpTool flood @{ count = $Updates } -ProgressVariable seen
$outOfOrder = 0
$highest = 0.0
foreach ($update in $seen) {
    if ($update.Progress -lt $highest) { $outOfOrder++ } else { $highest = $update.Progress }
}

$statistics = $connection.Statistics
$process.Refresh()
$peak = $process.PeakWorkingSet64
[pscustomobject]@{
    peer                   = 'Invoke-McpTool in pwsh'
    sent                   = $Updates
    received               = @($seen).Count
    outOfOrder             = $outOfOrder
    afterResult            = $statistics.ProgressLate
    seconds                = $seconds
    echoMedianMicroseconds = Measure-Median $timestamps
    echoCpuMicroseconds    = $echoCpu.TotalMicroseconds / $Calls
    cpuSeconds             = $process.TotalProcessorTime.TotalSeconds
    peakMegabytes          = $peak / 1MB
    growthMegabytes        = ($peak - $before) / 1MB
} | ConvertTo-Json -Compress
Disconnect-McpServer $connection
