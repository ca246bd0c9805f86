# What becomes of jobs when a server, a connection or the shell ends under them.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')

    function Invoke-Kill($Connection) {
        # The process that was started may be a shell around the server: all of it goes.
        $processes = @(Get-Process | Where-Object { $_.Parent.Id -eq $Connection.ProcessId }) + (Get-Process -Id $Connection.ProcessId)
        $processes | Stop-Process -Force
        Wait-Until { $Connection.Status -eq 'Lost' }
    }
}

AfterAll {
    Clear-Job
}

Describe 'A job of kind <Kind> whose server is killed' -ForEach @(
    @{ Kind = 'Call' }
    @{ Kind = 'Mcpc' }
) {
    It 'fails and says that the connection was lost' {
        $connection = Connect-Kind $Kind
        $job = Invoke-McpTool run_forever -AsJob -Mode $Kind -Server $connection
        Wait-Until { $job.StatusMessage -eq 'Still running' }
        Invoke-Kill $connection
        $null = Wait-Job $job -Timeout 60
        $job.State | Should -Be 'Failed'
        $failure = Get-Failure { Receive-Job $job -ErrorAction Stop }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpConnectionLost*'
        $failure.CategoryInfo.Category | Should -Be 'ConnectionError'
        $connection | Disconnect-McpServer
    }
}

Describe 'A job of kind <Kind> whose server is killed' -ForEach @(
    @{ Kind = 'ExtensionTask' }
    @{ Kind = 'Task' }
) {
    BeforeAll {
        $store = Join-Path $TestDrive "$Kind.db"
        $connection = Connect-Kind $Kind -Argument '--task-store', "file:$store"
        $job = Invoke-McpTool run_forever -AsJob -Mode $Kind -Server $connection
        Wait-Until { $job.StatusMessage -eq 'Still running' }
        Invoke-Kill $connection
    }

    It 'waits, and says for what' {
        Wait-Until { $job.State -eq 'Disconnected' }
        $job.StatusMessage | Should -Match 'Connect-McpServer'
        (Get-McpTask $job).Status | Should -Be 'Working'
        Test-Path (Join-Path $env:XDG_STATE_HOME 'mcpprogress/tasks/*.json') | Should -BeTrue
    }

    It 'holds up nobody who waits for it' {
        $null = Wait-Job $job -Timeout 60 -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -Match 'Disconnected'
        Receive-Job $job -Wait | Should -BeNullOrEmpty
        Wait-McpTask $job -TimeoutSec 60 -WarningVariable warned -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        $warned | Should -Match 'Connect-McpServer'
        $job.State | Should -Be 'Disconnected'
    }

    It 'goes on over a new connection to the same server' {
        $null = Connect-Kind $Kind -Name again -Argument '--task-store', "file:$store"
        $null = Wait-Job $job -Timeout 60
        # The server knows the task, and that its restart has ended it.
        $job.State | Should -Be 'Failed'
        (Get-Failure { Receive-Job $job -ErrorAction Stop }).Exception.Message | Should -Match 'restarted'
    }
}

Describe 'A job whose connection the user closes' {
    It 'is Disconnected, and can be stopped' {
        $job = Get-LostJob closed
        Stop-Job $job
        $job.State | Should -Be 'Stopped'
    }

    It 'is Disconnected too when the module is removed' {
        $process = Open-Pwsh @'
            $connection = Connect-Sample removed
            $job = Invoke-McpTool run_forever -AsJob -Server $connection
            while ($job.StatusMessage -ne 'Still running') { Start-Sleep -Milliseconds 20 }
            Remove-Module McpProgress
            $null = Wait-Job $job -Timeout 60 -WarningAction SilentlyContinue
            $job.State
            Remove-Job $job -Force
            "$(@(Get-Job).Count) left"
'@
        $process.StandardOutput.ReadToEnd().Trim() -split '\r?\n' | Should -Be 'Disconnected', '0 left'
    }
}

Describe 'A job over HTTP' {
    BeforeAll {
        $server = Start-McpProgressServer -Http -Speed 10
    }

    It 'goes on over a new connection when its own was closed' {
        $connection = Connect-McpServer -Uri $server.Uri
        $job = Invoke-McpTool book_table @{ restaurant = 'Luigi' } -AsJob
        Wait-Until { $job.Task.InputRequest.Count -eq 1 }
        $connection | Disconnect-McpServer
        $null = Connect-McpServer -Uri $server.Uri
        Send-McpTaskInput $job @{ confirm = $true }
        (Receive-Job $job -Wait).booked | Should -BeTrue
    }

    It 'fails as a plain call when its connection is closed' {
        $connection = Connect-McpServer -Uri $server.Uri
        $job = Invoke-McpTool run_forever -AsJob -Mode Call
        Wait-Until { $job.StatusMessage -eq 'Still running' }
        $connection | Disconnect-McpServer
        $null = Wait-Job $job -Timeout 60
        (Get-Failure { Receive-Job $job -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'McpConnectionLost*'
    }

    It 'of kind <Kind> in <Revision> fails when its server is killed' -ForEach @(
        @{ Kind = 'Call'; Revision = '2026-07-28' }
        @{ Kind = 'Call'; Revision = '2025-11-25' }
        @{ Kind = 'Mcpc'; Revision = '2025-11-25' }
    ) {
        $killed = Start-McpProgressServer -Http -Speed 10
        $connection = Connect-McpServer -Uri $killed.Uri -ProtocolVersion $Revision
        $job = Invoke-McpTool run_forever -AsJob -Mode $Kind -Server $connection
        Wait-Until { $job.StatusMessage -eq 'Still running' }
        Stop-Process -Id $killed.ProcessId -Force
        $null = Wait-Job $job -Timeout 60
        (Get-Failure { Receive-Job $job -ErrorAction Stop }).FullyQualifiedErrorId | Should -BeLike 'McpConnectionLost*'
        $connection | Disconnect-McpServer
    }

    It 'goes on when its server comes back at the same address' {
        $port = ([uri] $server.Uri).Port
        $store = Join-Path $TestDrive 'http.db'
        Stop-McpProgressServer $server
        function Invoke-Server {
            $start = [System.Diagnostics.ProcessStartInfo]::new('dotnet')
            @($sampleServer, 'http', '--port', $port, '--task-store', "file:$store").ForEach({ $start.ArgumentList.Add($_) })
            $start.RedirectStandardOutput = $start.RedirectStandardError = $true
            $process = [System.Diagnostics.Process]::Start($start)
            $null = $process.StandardOutput.ReadLine()
            $process
        }

        $process = Invoke-Server
        try {
            $null = Connect-McpServer -Uri $server.Uri
            $job = Invoke-McpTool run_forever -AsJob
            Wait-Until { $job.StatusMessage -eq 'Still running' }
            $process.Kill()
            Wait-Until { $job.StatusMessage -match 'connection was lost' }
            $job.State | Should -Be 'Running'
            $process = Invoke-Server
            $null = Wait-Job $job -Timeout 60
            (Get-Failure { Receive-Job $job -ErrorAction Stop }).Exception.Message | Should -Match 'restarted'
        } finally {
            $process.Kill()
        }
    }
}

Describe 'A shell with running jobs' {
    It 'leaves no process when it <Case>' -ForEach @(
        @{ Case = 'ends'; End = { $process.StandardInput.WriteLine() } }
        @{ Case = 'is killed'; End = { $process.Kill() } }
    ) {
        # Work of every kind, over both revisions.
        $process = Open-Pwsh @'
            $new = Connect-Sample new
            $old = Connect-McpServer -Command dotnet -ArgumentList $sampleServer, 'stdio' -ProtocolVersion 2025-11-25
            $http = Start-McpProgressServer -Http -Connect
            foreach ($mode in 'ExtensionTask', 'Call') { foreach ($on in $new, $http) { $null = Invoke-McpTool run_forever -AsJob -Mode $mode -Server $on } }
            foreach ($mode in 'Task', 'Mcpc', 'Call') { $null = Invoke-McpTool run_forever -AsJob -Mode $mode -Server $old }
            "$($new.ProcessId) $($old.ProcessId) $((Get-McpProgressServer | Where-Object Transport -EQ Http).ProcessId)"
            $null = [Console]::ReadLine()
'@
        try {
            $servers = [int[]] -split $process.StandardOutput.ReadLine()
            $servers | Should -HaveCount 3
            & $End
            $process.WaitForExit(60000) | Should -BeTrue
            foreach ($server in $servers) { Wait-Until { Test-ProcessGone $server } }
        } finally {
            if (-not $process.HasExited) { $process.Kill($true) }
        }
    }
}

Describe 'A shell that gets <_>' -Skip:$IsWindows -ForEach 'SIGTERM', 'SIGHUP' {
    It 'leaves nothing of a server that has started a process' {
        # Under nohup SIGHUP is ignored, by all that is started too.
        $number = @{ SIGHUP = 1; SIGTERM = 15 }[$_]
        $line = Get-Content /proc/self/status -ErrorAction Ignore | Where-Object { $_ -like 'SigIgn:*' }
        $ignored = [Convert]::ToUInt64(($line ?? 'SigIgn: 0').Split(':')[1].Trim(), 16)
        if ($ignored -band (1 -shl ($number - 1))) {
            Set-ItResult -Skipped -Because "this run ignores $_"
        }

        $process = Open-Pwsh 'Connect-Faulty grandchild | ForEach-Object Instructions; $null = [Console]::ReadLine()'
        try {
            $child = [int] ($process.StandardOutput.ReadLine() -split ' ')[-1]
            Test-ProcessGone $child | Should -BeFalse
            kill "-$($_ -replace 'SIG')" $process.Id
            $process.WaitForExit(60000) | Should -BeTrue
            Wait-Until { Test-ProcessGone $child }
        } finally {
            if (-not $process.HasExited) { $process.Kill($true) }
        }
    }
}
