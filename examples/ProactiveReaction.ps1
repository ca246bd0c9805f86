<#
.SYNOPSIS
Reacts to an event that a server sends by itself.

.DESCRIPTION
The sample server migrates a database in the background and announces the end by the server event migration_finished,
which travels by the MCP Callback Protocol. A handler answers with a follow-up call, which checks the migrated data in the
background, too. The script itself only waits for the end of the check.

.PARAMETER Speed
What the sample tools' delays are divided by. 1 is what a person likes to watch.

.EXAMPLE
./ProactiveReaction.ps1
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

$server = Start-McpProgressServer -Stdio -Connect -Speed $Speed -Name sample
$jobs = [System.Collections.Generic.List[object]]::new()
$subscribers = @(
    Register-McpEvent progress { Write-Host "[Progress Event] $($_.Data.message)" }
    Register-McpEvent server.event {
        if ($_.Data.event -eq 'migration_finished') {
            $database, $version = $_.Data.result.database, $_.Data.result.version
            Write-Host "[Server Event] '$database' has been migrated to version $version. Checking it."
            $jobs.Add((Invoke-McpTool analyze_data @{ data_id = $database; process_type = 'verification' } -Server sample -AsJob -Mode Call))
        }
    }
    Register-McpEvent result {
        if ($_.Data.tool -eq 'analyze_data') {
            $check = $_.Data.structuredContent
            $null = New-McpEvent migration_checked @{ database = $check.data_id; summary = $check.summary }
        }
    }
)

try {
    $start = New-McpEvent begin
    $jobs.Add((Invoke-McpTool migrate_database @{ database = 'orders' } -Server sample -AsJob -Mode Mcpc))
    $checked = Wait-McpEvent migration_checked -Since $start.Timestamp -TimeoutSec 600
    Write-Host "[Follow-up] '$($checked.Data.database)': $($checked.Data.summary)"
} finally {
    $subscribers | Unregister-Event
    $jobs | Remove-Job -Force
    $server | Stop-McpProgressServer
}

Write-Host "`nWhat followed from the server's event:"
Get-McpEvent -Cascade (Get-McpEvent server.event -Last 1).Id
