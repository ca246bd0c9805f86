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

function Measure-Echo {
    <# .SYNOPSIS Calls echo once for each message: the median of one call and the processor time for one, in microseconds. #>
    param([object[]] $Message)

    $process.Refresh()
    $cpuBefore = $process.TotalProcessorTime
    $timestamps = [System.Collections.Generic.List[long]]::new($Message.Count + 1)
    $timestamps.Add([System.Diagnostics.Stopwatch]::GetTimestamp())
    $Message | Invoke-McpTool echo | ForEach-Object { $timestamps.Add([System.Diagnostics.Stopwatch]::GetTimestamp()) }
    $process.Refresh()
    $cpu = $process.TotalProcessorTime - $cpuBefore
    $ticks = for ($i = 1; $i -lt $timestamps.Count; $i++) { $timestamps[$i] - $timestamps[$i - 1] }
    [pscustomobject]@{
        Median = ($ticks | Sort-Object)[$Message.Count / 2] * 1e6 / [System.Diagnostics.Stopwatch]::Frequency
        Cpu    = $cpu.TotalMicroseconds / $Message.Count
    }
}

$process = [System.Diagnostics.Process]::GetCurrentProcess()
$connection = Connect-McpServer -Command $Server -ArgumentList flood
$messages = @([pscustomobject]@{ message = 'hello' }) * $Calls
$null = Invoke-McpTool flood @{ count = 2000 }
$null = $messages[0..99] | Invoke-McpTool echo

[System.GC]::Collect()
$process.Refresh()
$memory = $process.WorkingSet64
$cpu = $process.TotalProcessorTime
$allocated = [System.GC]::GetTotalAllocatedBytes($true)
$watch = [System.Diagnostics.Stopwatch]::StartNew()
$null = Invoke-McpTool flood @{ count = $Updates }
$seconds = $watch.Elapsed.TotalSeconds
$allocated = [System.GC]::GetTotalAllocatedBytes($true) - $allocated
$process.Refresh()
$cpu = $process.TotalProcessorTime - $cpu
$peak = $process.PeakWorkingSet64

$null = Invoke-McpTool flood @{ count = $Updates } -ProgressVariable seen
$outOfOrder = 0
$highest = 0.0
foreach ($update in $seen) {
    if ($update.Progress -lt $highest) { $outOfOrder++ } else { $highest = $update.Progress }
}

# As often as every peer does it; the best batch counts.
$batches = 1..6 | ForEach-Object { Measure-Echo $messages }

[pscustomobject]@{
    sent                   = $Updates
    received               = @($seen).Count
    outOfOrder             = $outOfOrder
    afterResult            = $connection.Statistics.ProgressLate
    seconds                = $seconds
    cpuSeconds             = $cpu.TotalSeconds
    peakMegabytes          = $peak / 1MB
    growthMegabytes        = ($peak - $memory) / 1MB
    bytesPerUpdate         = $allocated / $Updates
    echoMedianMicroseconds = ($batches | Measure-Object Median -Minimum).Minimum
    echoCpuMicroseconds    = ($batches | Measure-Object Cpu -Minimum).Minimum
} | ConvertTo-Json -Compress
Disconnect-McpServer $connection
