# Cancelled calls of published commands: the pipeline stops, finally blocks run, the server lives on.

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')

    function Invoke-Waiting {
        <# .SYNOPSIS Starts Wait-Forever in the background; returns its job once it waits. #>
        param([object] $Server, [string] $Marker, [string] $Mode = 'Call')

        $job = Invoke-McpTool Wait-Forever @{ Marker = $Marker } -Server $Server -AsJob -Mode $Mode
        Wait-Until { $job.Task.StatusMessage -match 'Waiting' }
        $job
    }
}

AfterAll {
    Disconnect-All
}

Describe 'A cancelled call over <_>' -ForEach 'stdio', 'http' {
    BeforeAll {
        $server = if ($_ -eq 'stdio') { Connect-Published } else { Start-McpProgressServer -Http -Path $publishedScript -Connect -Name overhttp }
    }

    It 'stops within a second, and its finally block runs' {
        $marker = Join-Path $TestDrive "marker-$_"
        $job = Invoke-Waiting $server $marker
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $job | Stop-Job
        Wait-Until { Test-Path -LiteralPath $marker }
        # A second, and what a busy machine adds; over HTTP the server finds out by writing.
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
        $job | Remove-Job -Force
    }

    It 'leaves a server that answers' {
        (Invoke-McpTool Copy-Sample @{ Source = 'after' } -Server $server).Copied | Should -Be 4
    }
}

Describe 'A call that is cancelled while its runspace is made' {
    It 'does not run its command' {
        $file, $slow, $loading, $held, $marker = 'slow.ps1', 'is-slow', 'is-loading', 'is-held', 'has-run' | ForEach-Object { Join-Path $TestDrive $_ }
        Set-Content -LiteralPath $file @"
            if (Test-Path -LiteralPath '$slow') { Set-Content -LiteralPath '$loading' -Value 1; Start-Sleep 3 }
            function Set-Mark { [CmdletBinding()] param([string] `$Path, [int] `$Seconds) Set-Content -LiteralPath `$Path -Value 1; Start-Sleep `$Seconds }
"@
        $server = Connect-Published "-Path '$file' -MaxConcurrency 3" -Name loading
        Set-Content -LiteralPath $slow -Value 1
        $first = Invoke-McpTool Set-Mark @{ Path = $held; Seconds = 60 } -Server $server -AsJob -Mode Call
        Wait-Until { (Test-Path -LiteralPath $held) -and (Test-Path -LiteralPath $loading) }
        $second = Invoke-McpTool Set-Mark @{ Path = $marker } -Server $server -AsJob -Mode Call
        Start-Sleep -Milliseconds 500
        $second | Stop-Job
        Start-Sleep 5
        Test-Path -LiteralPath $marker | Should -BeFalse
        $null = Invoke-McpTool Set-Mark @{ Path = $marker } -Server $server
        Test-Path -LiteralPath $marker | Should -BeTrue
        $first | Stop-Job
        $first, $second | Remove-Job -Force
    }
}

Describe 'A stdio client that vanishes' {
    It 'stops its calls, and the server' {
        $server = Connect-Published -Name vanishing
        $marker = Join-Path $TestDrive 'vanished'
        $job = Invoke-Waiting $server $marker
        Disconnect-McpServer $server
        Wait-Until { Test-Path -LiteralPath $marker }
        Wait-Until { Test-ProcessGone $server.ProcessId }
        $job | Remove-Job -Force
    }
}

Describe 'A command that does not stop' {
    It 'keeps no other call from running' {
        $server = Connect-Published "-Path '$publishedScript' -MaxConcurrency 2" -Name deaf
        $job = Invoke-McpTool Wait-Deaf @{ Seconds = 300 } -Server $server -AsJob -Mode Call
        Wait-Until { $job.Task.StatusMessage -match 'Deaf' }
        $job | Stop-Job
        1..5 | ForEach-Object { (Invoke-McpTool Copy-Sample @{ Source = "$_" } -Server $server).Copied } | Should -Be 4, 4, 4, 4, 4
        $job | Remove-Job -Force
    }

    It 'is left to itself after half a minute, and its place is free again' {
        $server = Connect-Published "-Path '$publishedScript' -MaxConcurrency 1" -Name deafest
        $job = Invoke-McpTool Wait-Deaf @{ Seconds = 300 } -Server $server -AsJob -Mode Call
        Wait-Until { $job.Task.StatusMessage -match 'Deaf' }
        $job | Stop-Job
        (Invoke-McpTool Copy-Sample @{ Source = 'next' } -Server $server -TimeoutSec 120).Copied | Should -Be 4
        $job | Remove-Job -Force
    }
}

Describe 'A stdio server whose client has gone' {
    BeforeAll {
        function Open-Called {
            <# .SYNOPSIS Starts a server as an editor does, calls one of its commands, and returns its process once the command has said something. #>
            param([string] $Tool, [hashtable] $Argument, [string] $After = '')

            $process = Open-Pwsh "Start-McpProgressServer -Stdio -Path '$publishedScript'; $After"
            $null = $process.StandardError.BaseStream.CopyToAsync([System.IO.Stream]::Null)
            @(
                @{ id = 1; method = 'initialize'; params = @{ protocolVersion = '2025-11-25'; capabilities = @{}; clientInfo = @{ name = 'test'; version = '1' } } }
                @{ method = 'notifications/initialized' }
                @{ id = 2; method = 'tools/call'; params = @{ name = $Tool; arguments = $Argument; _meta = @{ progressToken = 'p' } } }
            ) | ForEach-Object { $process.StandardInput.WriteLine((ConvertTo-Json ($_ + @{ jsonrpc = '2.0' }) -Compress -Depth 5)) }
            do { $line = $process.StandardOutput.ReadLine() } until ($null -eq $line -or $line -match 'notifications/progress')
            $line | Should -Not -BeNullOrEmpty
            $process
        }
    }

    It 'ends a few seconds later where a command does not stop' {
        $process = Open-Called Wait-Deaf @{ Seconds = 300 }
        try {
            $clock = [System.Diagnostics.Stopwatch]::StartNew()
            $process.StandardInput.Close()
            $process.WaitForExit(20000) | Should -BeTrue
            $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 4
        } finally {
            $process.Kill($true)
        }
    }

    It 'lets its script go on where all commands have stopped' {
        $marker = Join-Path $TestDrive 'went-on'
        $process = Open-Called Write-Unknown @{ Count = 1000 } -After "Start-Sleep 7; Set-Content -LiteralPath '$marker' -Value 'done'"
        try {
            $process.StandardInput.Close()
            $process.WaitForExit(60000) | Should -BeTrue
            Test-Path -LiteralPath $marker | Should -BeTrue
        } finally {
            $process.Kill($true)
        }
    }
}
