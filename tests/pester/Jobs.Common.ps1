# What the tests of jobs and tasks share; dot-source it in BeforeAll.

. (Join-Path $PSScriptRoot 'Servers.ps1')

function Connect-Kind {
    <# .SYNOPSIS Connects to the sample server so that it can be asked for one kind of background work. #>
    param([Parameter(Mandatory)][string] $Kind, [string] $Name = $Kind, [double] $Speed = 20, [string[]] $Argument = @())

    $arguments = @($sampleServer, 'stdio', '--speed', $Speed) + $Argument
    if ($Kind -notin 'Task', 'Mcpc' -or $IsWindows) { return Connect-McpServer -Command dotnet -ArgumentList $arguments -Name $Name }

    # The sample server speaks the newest revision it is asked for. Tasks of 2025-11-25, and questions beside an MCPC
    # task, need the older one: here the question for the newer one does not reach the server.
    $server = $arguments.ForEach({ "'$_'" }) -join ' '
    Connect-McpServer -Command sh -ArgumentList '-c', "sed -u '/server\/discover/{s//no\/discover/;s/_meta/_other/}' | exec dotnet $server" -Name $Name
}

function Clear-Job {
    <# .SYNOPSIS Removes what a test file has started. #>
    Get-Job | Remove-Job -Force
    Disconnect-All
}
