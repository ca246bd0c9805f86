# Ctrl+C and its kin: the call is cancelled on the wire, the prompt is back within two seconds, the connection stays.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')

    # Runs a script in a runspace that has a connection, stops it once progress came, and says how long the stop took.
    function Measure-Stop([powershell] $Shell, [string] $Script) {
        $Shell.Commands.Clear()
        $before = $Shell.Streams.Progress.Count
        $null = $Shell.AddScript($Script)
        $run = $Shell.BeginInvoke()
        Wait-Until { $Shell.Streams.Progress.Count -gt $before -or $run.IsCompleted }
        $run.IsCompleted | Should -BeFalse
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $Shell.Stop()
        $clock.Elapsed.TotalSeconds
    }

    function Invoke-In([powershell] $Shell, [string] $Script) {
        $Shell.Commands.Clear()
        $Shell.AddScript($Script).Invoke()
    }
}

Describe 'A stopped call over <Case>' -ForEach @(
    @{ Case = 'stdio, 2025-11-25'; Connect = 'Connect-Faulty never-result'; Wire = $true }
    @{ Case = 'stdio, 2026-07-28'; Connect = 'Connect-Faulty never-result, "--era", modern'; Wire = $true }
    @{ Case = 'HTTP, the sample server'; Connect = 'Start-McpProgressServer -Http -Connect'; Wire = $false }
) {
    BeforeAll {
        $shell = [powershell]::Create()
        $connection = Invoke-In $shell ". '$PSScriptRoot/Servers.ps1'; $Connect"
        $seconds = Measure-Stop $shell ($Wire ? 'Invoke-McpTool never -ProgressVariable updates' : 'Invoke-McpTool run_forever')
    }

    AfterAll {
        $shell.Runspace.Dispose()
        $shell.Dispose()
    }

    It 'ends within two seconds' {
        # Two seconds, and what a busy machine adds.
        $seconds | Should -BeLessThan 10
        $shell.InvocationStateInfo.State | Should -Be 'Stopped'
    }

    It 'is cancelled on the wire' -Skip:(-not $Wire) {
        (Invoke-In $shell 'Invoke-McpTool cancelled').ids.Count | Should -Be 1
    }

    It 'leaves a connection that works' {
        Invoke-In $shell 'Test-McpServer -Quiet' | Should -BeTrue
        $connection.Status | Should -Be 'Connected'
    }

    It 'leaves no row' {
        $shell.Streams.Progress[-1].RecordType | Should -Be 'Completed'
    }
}

Describe 'A pipeline that has enough' {
    It 'cancels nothing that has ended, and calls no more' {
        $sample = Connect-Sample
        'a', 'b', 'c' | Invoke-McpTool echo | Select-Object -First 1 | Should -Be 'a'
        Test-McpServer $sample -Quiet | Should -BeTrue
        Disconnect-McpServer $sample
    }
}

Describe 'A stopped connect' {
    It 'leaves no process' {
        $shell = [powershell]::Create()
        try {
            $null = Invoke-In $shell ". '$PSScriptRoot/Servers.ps1'"
            $shell.Commands.Clear()
            $marker = "silent-$([guid]::NewGuid())"
            $run = $shell.AddScript('param($path, $marker) Connect-McpServer -Command dotnet -ArgumentList $path, silent, $marker').AddArgument($faultyServer).AddArgument($marker).BeginInvoke()
            $find = { Get-Process dotnet -ErrorAction Ignore | Where-Object { $_.CommandLine -match $marker } }
            Wait-Until { & $find }
            $clock = [System.Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()

            $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
            Wait-Until { -not (& $find) }
            $run.IsCompleted | Should -BeTrue
        } finally {
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
    }
}
