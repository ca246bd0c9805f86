# The servers that the cmdlets' tests talk to, and how to wait for things; dot-source it in BeforeAll.

. (Join-Path $PSScriptRoot 'Common.ps1')
Import-Module $modulePath
$sampleServer = Join-Path $modulePath 'bin/mcpprogress-server.dll'
$faultyServer = Get-ChildItem (Join-Path $root 'tests/fixtures/FaultyServer/bin') -Recurse -Filter FaultyServer.dll -ErrorAction Ignore |
    Sort-Object LastWriteTime | Select-Object -Last 1 -ExpandProperty FullName

function Connect-Sample {
    <# .SYNOPSIS Connects to the sample server over stdio, its delays divided by a hundred. #>
    param([string] $Name = 'sample', [double] $Speed = 100)

    Connect-McpServer -Command dotnet -ArgumentList $sampleServer, 'stdio', '--speed', $Speed -Name $Name
}

function Connect-Faulty {
    <# .SYNOPSIS Connects to the server that misbehaves on command. #>
    param([Parameter(Mandatory)][string[]] $Mode, [string] $Name = $Mode[0])

    Connect-McpServer -Command dotnet -ArgumentList (@($faultyServer) + $Mode) -Name $Name
}

function Open-FaultyHttp {
    <# .SYNOPSIS Starts the faulty server over HTTP: an object with Uri and Process. #>
    param([Parameter(Mandatory)][string] $Fault)

    $start = [System.Diagnostics.ProcessStartInfo]::new('dotnet')
    @($faultyServer, 'http', $Fault).ForEach({ $start.ArgumentList.Add($_) })
    $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $process = [System.Diagnostics.Process]::Start($start)
    [pscustomobject]@{ Uri = [uri] ($process.StandardOutput.ReadLine() | ConvertFrom-Json).url; Process = $process }
}

function ConvertTo-Secret {
    <# .SYNOPSIS A text as a secure string. #>
    param([Parameter(Mandatory)][string] $Text)

    [System.Net.NetworkCredential]::new('', $Text).SecurePassword
}

function Wait-Until {
    <# .SYNOPSIS Waits for a condition to hold; fails when it does not in time, which a busy machine may need a lot of. #>
    param([Parameter(Mandatory)][scriptblock] $Condition, [double] $Seconds = 60)

    $deadline = [datetime]::UtcNow.AddSeconds($Seconds)
    while (-not (& $Condition)) {
        if ([datetime]::UtcNow -gt $deadline) { throw "Within $Seconds s this did not come true: $Condition" }
        [System.Threading.Thread]::Sleep(10)
    }
}

function Test-ProcessGone {
    <# .SYNOPSIS Whether a process has ended; a zombie, whose parent has not asked for its end yet, has. #>
    param([Parameter(Mandatory)][int] $Id)

    $process = Get-Process -Id $Id -ErrorAction Ignore
    if (-not $process) { return $true }
    $status = "/proc/$Id/status"
    (Test-Path $status) -and (Get-Content $status -ErrorAction Ignore) -match '^State:\s+Z'
}

function Get-Failure {
    <# .SYNOPSIS The error record that a script ends in; fails when it ends in none. #>
    param([Parameter(Mandatory)][scriptblock] $Script)

    try {
        $ErrorActionPreference = 'Stop'
        $null = & $Script
    } catch {
        return $_
    }

    throw "This did not fail: $Script"
}

function Invoke-Apart {
    <# .SYNOPSIS Runs a script in a runspace of its own and returns all of its streams. #>
    param([Parameter(Mandatory)][string] $Script, [object[]] $ArgumentList = @())

    $shell = [powershell]::Create()
    try {
        $null = $shell.AddScript(". '$PSScriptRoot/Servers.ps1'").AddStatement().AddScript($Script)
        $ArgumentList.ForEach({ $null = $shell.AddArgument($_) })
        $output = @($shell.Invoke())
        [pscustomobject]@{
            Output      = $output
            Progress    = @($shell.Streams.Progress)
            Errors      = @($shell.Streams.Error)
            Information = @($shell.Streams.Information)
            Warnings    = @($shell.Streams.Warning)
        }
    } finally {
        # Closing the runspace closes its connections.
        $shell.Runspace.Dispose()
        $shell.Dispose()
    }
}

function Open-Pwsh {
    <# .SYNOPSIS Starts a PowerShell that runs a script and keeps its input and output for the caller. #>
    param([Parameter(Mandatory)][string] $Script)

    $start = [System.Diagnostics.ProcessStartInfo]::new($pwsh)
    ($pwshFirst + '-NoProfile', '-NonInteractive', '-Command', ". '$PSScriptRoot/Servers.ps1'; $Script").ForEach({ $start.ArgumentList.Add($_) })
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    [System.Diagnostics.Process]::Start($start)
}

function Disconnect-All {
    <# .SYNOPSIS Closes what a test file has open. #>
    Get-McpServer | Disconnect-McpServer
    Get-McpProgressServer | Stop-McpProgressServer
}
