<#
.SYNOPSIS
A task outlives the session that started it: one PowerShell starts it and ends, another one takes it up.

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
$module = (Test-Path $built) ? (Resolve-Path $built).Path : 'McpProgress'
Import-Module $module

# A server that goes on when its clients go.
$server = Start-McpProgressServer -Http -Speed $Speed
try {
    Write-Host "Today: another PowerShell starts a booking at $($server.Uri), and ends."
    $today = {
        param($Module, $Uri)
        Import-Module $Module
        $null = Connect-McpServer -Uri $Uri
        (Invoke-McpTool book_table @{ restaurant = 'Luigi' } -AsJob).Task.Id
    }
    $id = & (Get-Process -Id $PID).Path -NoProfile -NonInteractive -Command $today -args $module, "$($server.Uri)"

    Write-Host 'Tomorrow: this PowerShell has never seen it, and finds it.'
    Get-McpTask $id | Out-Host

    $connection = Connect-McpServer -Uri $server.Uri
    $job = Resume-McpTask $id
    while (-not $job.Task.InputRequest -and $job.State -eq 'Running') { Start-Sleep -Milliseconds 50 }
    Write-Host "It asks: $($job.StatusMessage)"
    Send-McpTaskInput $job @{ confirm = $true }
    Receive-Job $job -Wait -AutoRemoveJob | Out-Host
    $connection | Disconnect-McpServer
} finally {
    Stop-McpProgressServer $server
}
