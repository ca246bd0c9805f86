# Resume-McpTask and the registry behind it: tasks outlive the session that started them.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')

    # Other tests have left tasks of sessions that were killed.
    $registry = Join-Path $env:XDG_STATE_HOME 'mcpprogress/tasks'
    Remove-Item (Join-Path $registry '*.json') -ErrorAction Ignore

    # A server of its own process keeps the tasks while sessions come and go.
    $server = Start-McpProgressServer -Http -Speed 10

    # What another session starts, and what it says of it.
    function Invoke-Earlier([string] $Script) {
        Invoke-FreshPowerShell ". '$PSScriptRoot/Servers.ps1'; `$connection = Connect-McpServer -Uri '$($server.Uri)'; $Script"
    }

    # What gives the id of $job's task once it is kept: a busy server names it only after Invoke-McpTool has returned.
    function Get-KeptId([string] $In = $registry) {
        "Wait-Until { Get-ChildItem '$In' -Recurse -Force -File -ErrorAction Ignore | Get-Content -Raw -ErrorAction Ignore | Where-Object { `$_.Contains(`$job.Task.Id) } }; `$job.Task.Id"
    }
}

AfterAll {
    Clear-Job
}

Describe 'A task of an earlier session' {
    BeforeAll {
        # Its question keeps it from ending before this session has seen it.
        $id = Invoke-Earlier "`$job = Invoke-McpTool book_table @{ restaurant = 'Luigi' } -AsJob; $(Get-KeptId)"
    }

    It 'is listed, without a job' {
        $task = Get-McpTask $id
        $task.Kind | Should -Be 'ExtensionTask'
        $task.Tool | Should -Be 'book_table'
        $task.Status | Should -BeIn 'Working', 'InputRequired'
        $task.JobId | Should -BeNullOrEmpty
        $task.ExpiresAt | Should -BeGreaterThan ([datetimeoffset]::Now)
    }

    It 'cannot be waited for, stopped or answered before it is taken up' {
        foreach ($try in { Wait-McpTask $id }, { Stop-McpTask $id }, { Send-McpTaskInput $id @{} }) {
            $failure = Get-Failure $try
            $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument*'
            $failure.Exception.Message | Should -Match "Resume-McpTask $id"
        }
    }

    It 'needs a connection to its server' {
        (Get-Failure { Resume-McpTask $id }).FullyQualifiedErrorId | Should -BeLike 'McpServerNotFound*'
    }

    It 'is taken up as a job' {
        $connection = Connect-McpServer -Uri $server.Uri
        $job = Resume-McpTask $id -JobName again
        $job | Should -Be (Get-Job again)
        $job.Location | Should -Be $connection.Name
        Resume-McpTask $id | Should -Be $job
        Wait-Until { $job.Task.InputRequest.Count -eq 1 }
        Send-McpTaskInput $job @{ confirm = $true }
        (Receive-Job $job -Wait).booked | Should -BeTrue
    }

    It 'is forgotten once it has ended' {
        Get-Job again | Remove-Job
        Get-McpTask | Where-Object Id -EQ $id | Should -BeNullOrEmpty
        (Get-Failure { Resume-McpTask $id }).FullyQualifiedErrorId | Should -BeLike 'McpTaskNotFound*'
    }
}

Describe 'Resume-McpTask' {
    BeforeAll {
        $connection = Connect-McpServer -Uri $server.Uri
        # What this server is called in records.
        $probe = Invoke-McpTool run_forever -AsJob
        $serverKey = (Get-Content (Join-Path $registry '*.json') -Raw | ConvertFrom-Json | Where-Object id -EQ $probe.Task.Id).serverKey
        $probe | Remove-Job -Force

        # A record as a session leaves it.
        function Add-Record([string] $Id, [datetimeoffset] $ExpiresAt, [string] $Kind = 'ExtensionTask') {
            $null = New-Item -ItemType Directory -Path $registry -Force
            @{
                id = $Id; kind = $Kind; serverName = 'x'; serverKey = $serverKey; tool = 'analyze_data'; status = 'Working'
                createdAt = [datetimeoffset]::Now.AddHours(-2); expiresAt = $ExpiresAt
            } | ConvertTo-Json | Set-Content (Join-Path $registry "$Id.json")
        }
    }

    AfterEach {
        Get-Job | Remove-Job -Force
        Remove-Item (Join-Path $registry '*.json')
    }

    It 'says that the server does not know a task' {
        Add-Record forgotten ([datetimeoffset]::Now.AddHours(1))
        $job = Resume-McpTask forgotten | Wait-Job
        $job.State | Should -Be 'Failed'
        $job.Error[0].FullyQualifiedErrorId | Should -Be 'McpTaskNotFound'
    }

    It 'says that a task has expired' {
        Add-Record expired ([datetimeoffset]::Now.AddHours(-1))
        Get-McpTask | Where-Object Id -EQ expired | Should -BeNullOrEmpty
        (Get-Failure { Resume-McpTask expired }).FullyQualifiedErrorId | Should -BeLike 'McpTaskExpired*'
    }

    It 'says that other work cannot be taken up' {
        Add-Record call ([datetimeoffset]::Now.AddHours(1)) -Kind Call
        (Get-Failure { Resume-McpTask call }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument*'
    }

    It 'answers what the task asks with its handler' {
        # A session that ends the moment it hears of the question may not have kept it: this one looks at what it has kept.
        $isKept = '(Get-Content (Join-Path $env:XDG_STATE_HOME "mcpprogress/tasks/*.json") -Raw | Where-Object { $_.Contains($job.Task.Id) -and $_.Contains("InputRequired") })'
        $id = Invoke-Earlier "`$job = Invoke-McpTool book_table @{ restaurant = 'Luigi' } -AsJob; while (-not $isKept) { [System.Threading.Thread]::Sleep(10) }; `$job.Task.Id"
        (Get-McpTask $id).Status | Should -Be 'InputRequired'
        $job = Resume-McpTask $id -InputHandler { @{ confirm = $true; guests = 7 } }
        (Receive-Job $job -Wait).guests | Should -Be 7
    }

    It 'forgets a task with Remove-McpTask' {
        $id = Invoke-Earlier "`$job = Invoke-McpTool run_forever -AsJob; $(Get-KeptId)"
        Get-McpTask $id | Remove-McpTask
        Get-McpTask | Where-Object Id -EQ $id | Should -BeNullOrEmpty
    }
}

Describe 'Two sessions at once' {
    It 'do the registry no harm' {
        $script = "`$null = Connect-McpServer -Uri '$($server.Uri)'; foreach (`$i in 1..15) { `$job = Invoke-McpTool process_items @{ items = @('a') } -AsJob; `$null = Get-McpTask; `$null = `$job | Wait-McpTask; if (`$job.State -ne 'Completed') { throw `$job.State } }; `$job = Invoke-McpTool run_forever -AsJob; $(Get-KeptId)"
        $processes = 1..2 | ForEach-Object { Open-Pwsh $script }
        $ids = foreach ($process in $processes) {
            $output = $process.StandardOutput.ReadToEndAsync()
            $errors = $process.StandardError.ReadToEndAsync()
            $process.WaitForExit(120000) | Should -BeTrue
            $errors.Result | Should -BeNullOrEmpty
            $output.Result.Trim()
        }

        # What both left running is there, what has ended is not, and nothing else lies about.
        (Get-McpTask | Where-Object JobId -EQ $null).Id | Sort-Object | Should -Be ($ids | Sort-Object)
        Get-ChildItem $registry | Should -HaveCount 2
        $null = Connect-McpServer -Uri $server.Uri
        $jobs = $ids | Resume-McpTask
        Stop-Job $jobs
        $jobs.State | Should -Be 'Stopped', 'Stopped'
    }
}

Describe 'A user whose home is not there' {
    It 'has a registry in it all the same, not in the folder of the moment' -Skip:$IsWindows {
        $names = 'HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME'
        $before = $names | ForEach-Object { [Environment]::GetEnvironmentVariable($_) }
        $userHome = Join-Path $TestDrive 'home'
        Push-Location (New-Item -ItemType Directory (Join-Path $TestDrive 'here'))
        try {
            # PowerShell itself would make the home; its own folders are elsewhere.
            $env:HOME = $userHome
            $env:XDG_STATE_HOME = 'relative, so it does not count'
            $env:XDG_CACHE_HOME = $env:XDG_CONFIG_HOME = $env:XDG_DATA_HOME = Join-Path $TestDrive 'powershell'
            $id = Invoke-Earlier "`$job = Invoke-McpTool book_table @{ restaurant = 'Luigi' } -AsJob; $(Get-KeptId $userHome)"
            Get-ChildItem -Force | Should -BeNullOrEmpty
        }
        finally {
            Pop-Location
            for ($i = 0; $i -lt $names.Count; $i++) { [Environment]::SetEnvironmentVariable($names[$i], $before[$i]) }
        }

        Get-ChildItem $userHome -Recurse -Force -File | Get-Content -Raw | Should -Match $id
    }
}
