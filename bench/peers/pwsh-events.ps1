<#
.SYNOPSIS
Many calls side by side, and a flood with and without an event log; prints one JSON line (see bench/README.md).
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)][string] $Module,
    [Parameter(Mandatory)][string] $SampleServer,
    [Parameter(Mandatory)][string] $FloodServer
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
Import-Module $Module

function Measure-Second {
    <# .SYNOPSIS How long a script takes. #>
    param([scriptblock] $Script)

    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $null = & $Script
    $watch.Elapsed.TotalSeconds
}

# Every update sent, and 100 ms for one item of process_items.
$sample = Connect-McpServer -Command dotnet -ArgumentList $SampleServer, 'stdio', '--progress-rate', '0', '--speed', '5'
$calls = 1..100 | ForEach-Object { [pscustomobject]@{ count = 1000 } }
$null = $calls[0..9] | Invoke-McpTool flood -ThrottleLimit 10 -Server $sample
$side = Measure-Second { $calls | Invoke-McpTool flood -ThrottleLimit 100 -ProgressVariable +script:seen -Server $sample }
# The number it came as within its call, and the number the server gave it, which counts from one as well.
$outOfOrder = 0
foreach ($update in $seen) {
    if ($update.Sequence -ne $update.Progress) { $outOfOrder++ }
}

$items = 1..80 | ForEach-Object { [pscustomobject]@{ items = @("a$_") } }
$null = $items[0..7] | Invoke-McpTool process_items -ThrottleLimit 8 -Server $sample
$throttled = Measure-Second { $items | Invoke-McpTool process_items -ThrottleLimit 8 -Server $sample }

$flood = Connect-McpServer -Command $FloodServer -ArgumentList flood
$null = Invoke-McpTool flood @{ count = 2000 } -Server $flood
$path = Join-Path ([System.IO.Path]::GetTempPath()) "mcpprogress-bench-$PID.jsonl"
try {
    $unlogged = Measure-Second { Invoke-McpTool flood @{ count = 100000 } -Server $flood }
    $logged = Measure-Second {
        $log = Start-McpEventLog -Path $path
        Invoke-McpTool flood @{ count = 100000 } -Server $flood
        $log | Stop-McpEventLog
    }
    $lines = 0
    foreach ($line in [System.IO.File]::ReadLines($path)) {
        if ($line.Contains('"name":"progress"')) { $lines++ }
    }
} finally {
    Remove-Item "$path*"
}

[pscustomobject]@{
    sideBySideSeconds = $side
    lost              = 100000 - @($seen).Count
    outOfOrder        = $outOfOrder
    throttledSeconds  = $throttled
    unloggedSeconds   = $unlogged
    loggedSeconds     = $logged
    notLogged         = 100000 - $lines
} | ConvertTo-Json -Compress
Get-McpServer | Disconnect-McpServer
