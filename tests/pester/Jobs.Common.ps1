# What the tests of jobs and tasks share; dot-source it in BeforeAll.

. (Join-Path $PSScriptRoot 'Servers.ps1')

function Connect-Kind {
    <# .SYNOPSIS Connects to the sample server so that it can be asked for one kind of background work. #>
    param([Parameter(Mandatory)][string] $Kind, [string] $Name = $Kind, [double] $Speed = 20, [string[]] $Argument = @())

    # The sample server speaks both revisions. Tasks of 2025-11-25, and questions beside an MCPC task, need the older one.
    $revision = $Kind -in 'Task', 'Mcpc' ? @{ ProtocolVersion = '2025-11-25' } : @{}
    Connect-McpServer -Command dotnet -ArgumentList (@($sampleServer, 'stdio', '--speed', $Speed) + $Argument) -Name $Name @revision
}

function Get-LostJob {
    <# .SYNOPSIS A job that never ends, and whose connection was closed under it. #>
    param([Parameter(Mandatory)][string] $Name)

    $connection = Connect-Kind ExtensionTask -Name $Name
    $job = Invoke-McpTool run_forever -AsJob -Server $connection
    Wait-Until { $job.StatusMessage -eq 'Still running' }
    $connection | Disconnect-McpServer
    Wait-Until { $job.State -eq 'Disconnected' }
    $job
}

function Clear-Job {
    <# .SYNOPSIS Removes what a test file has started. #>
    Get-Job | Remove-Job -Force
    Disconnect-All
}
