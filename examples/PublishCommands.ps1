<#
.SYNOPSIS
Publishes PowerShell commands as MCP tools and calls them, their progress shown.

.DESCRIPTION
The functions below know nothing of MCP: they write progress, warnings and output as any script does. One line publishes
them. Here, the same shell calls them over HTTP; any other MCP client can do so at the same time.

To let an editor or assistant start them over stdio, put this command line into its mcp.json:

    pwsh -NoProfile -Command "Import-Module McpProgress; Start-McpProgressServer -Stdio -Path <this file's folder>/PublishCommands.ps1"

.PARAMETER Delay
How long each step of the pretended work takes, in milliseconds.
#>
[CmdletBinding()]
param(
    [ValidateRange(0, 10000)]
    [int] $Delay = 100
)

function Backup-Sample {
    <#
    .SYNOPSIS
    Pretends to back up databases.
    .PARAMETER Name
    The databases.
    .PARAMETER Level
    How thoroughly.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)][ValidateCount(1, 20)][string[]] $Name,
        [ValidateSet('Full', 'Differential')][string] $Level = 'Full',
        [int] $Delay = 100
    )

    for ($i = 0; $i -lt $Name.Count; $i++) {
        Write-Progress -Id 1 -Activity "$Level backup" -Status "database $($i + 1) of $($Name.Count)" -PercentComplete (100 * $i / $Name.Count)
        foreach ($percent in 25, 50, 75, 100) {
            Write-Progress -Id 2 -ParentId 1 -Activity $Name[$i] -Status 'copying pages' -PercentComplete $percent
            Start-Sleep -Milliseconds $Delay
        }

        Write-Progress -Id 2 -ParentId 1 -Activity $Name[$i] -Completed
        [pscustomobject]@{ Name = $Name[$i]; Level = $Level; Pages = 1000 * ($i + 1) }
    }

    Write-Progress -Id 1 -Activity "$Level backup" -Completed
}

function Clear-Sample {
    <#
    .SYNOPSIS
    Pretends to clear a cache, after asking.
    .PARAMETER Name
    The cache.
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    param([Parameter(Mandatory)][string] $Name)

    if ($PSCmdlet.ShouldProcess($Name, 'Clear the cache')) { "The cache $Name is empty." } else { "The cache $Name is as it was." }
}

# When this file itself is published, only its functions are wanted.
if ($MyInvocation.InvocationName -eq '.' -or $Host.Name -eq 'McpProgress') { return }

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'

# From a clone the module just built, else an installed one.
$built = Join-Path $PSScriptRoot '../out/McpProgress'
Import-Module ((Test-Path $built) ? $built : 'McpProgress')

try {
    "`n# What would be published"
    Start-McpProgressServer -Http -Command Backup-Sample, Clear-Sample -WhatIf

    "`n# Published over HTTP in the background of this shell, and connected to"
    $null = Start-McpProgressServer -Http -Command Backup-Sample, Clear-Sample -Name backups -Connect
    Get-McpTool | Format-Table Name, Description, Arguments

    "`n# A call: Write-Progress of the command is the progress of the tool"
    Invoke-McpTool Backup-Sample @{ Name = 'users', 'orders', 'stock'; Delay = $Delay } -ProgressVariable updates |
        Select-Object -ExpandProperty result | Format-Table
    $updates | Select-Object -Last 4 | Format-Table Progress, Total, Message

    "`n# The same command as a background job"
    Invoke-McpTool Backup-Sample @{ Name = 'archive'; Level = 'Differential'; Delay = $Delay } -AsJob | Receive-Job -Wait -AutoRemoveJob | Format-Table

    "`n# What the command asks is asked of the caller"
    Invoke-McpTool Clear-Sample @{ Name = 'thumbnails' } -InputHandler { @{ choice = 'Yes' } }

    "`n# The server as the shell sees it"
    Get-McpProgressServer backups | Format-List Name, Uri, Tools, CallsInFlight, Calls, FailedCalls, Configuration
} finally {
    Get-McpProgressServer backups | Stop-McpProgressServer
}
