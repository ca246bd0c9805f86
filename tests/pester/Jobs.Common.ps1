# What the tests of jobs and tasks share; dot-source it in BeforeAll.

. (Join-Path $PSScriptRoot 'Servers.ps1')

function Connect-Kind {
    <# .SYNOPSIS Connects to the sample server so that it can be asked for one kind of background work. #>
    param([Parameter(Mandatory)][string] $Kind, [string] $Name = $Kind, [double] $Speed = 20, [string[]] $Argument = @())

    # The sample server speaks both revisions. Tasks of 2025-11-25, and questions beside an MCPC task, need the older one.
    $revision = $Kind -in 'Task', 'Mcpc' ? @{ ProtocolVersion = '2025-11-25' } : @{}
    Connect-McpServer -Command dotnet -ArgumentList (@($sampleServer, 'stdio', '--speed', $Speed) + $Argument) -Name $Name @revision
}

function Clear-Job {
    <# .SYNOPSIS Removes what a test file has started. #>
    Get-Job | Remove-Job -Force
    Disconnect-All
}
