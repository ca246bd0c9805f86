# Start-, Get- and Stop-McpProgressServer.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
}

AfterAll {
    Disconnect-All
}

Describe 'Start-McpProgressServer over HTTP' {
    BeforeAll {
        $server = Start-McpProgressServer -Speed 100
    }

    It 'returns the running server' {
        $server.GetType().FullName | Should -Be 'McpProgress.McpProgressServer'
        $server.Transport | Should -Be 'Http'
        $server.Status | Should -Be 'Running'
        $server.Uri.AbsoluteUri | Should -Be "http://127.0.0.1:$($server.Port)/mcp"
        $server.Port | Should -BeGreaterThan 0
        (Get-Process -Id $server.ProcessId).Id | Should -Be $server.ProcessId
        [datetimeoffset]::Now - $server.StartedAt | Should -BeLessThan ([timespan]::FromMinutes(1))
        Get-McpServer | Should -BeNullOrEmpty
    }

    It 'listens on -Port, and says McpServerStartFailed when it is taken' {
        $failure = Get-Failure { Start-McpProgressServer -Http -Port $server.Port }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpServerStartFailed,*'
        "$failure" | Should -Match "Port $($server.Port) is in use"
        Get-McpProgressServer | Should -HaveCount 1
    }

    It 'returns the connection with -Connect, and demands -Token' {
        $token = ConvertTo-Secret 'open sesame'
        $connection = Start-McpProgressServer -Transport Http -Token $token -Connect -Name guarded -Speed 100

        $connection.GetType().FullName | Should -Be 'McpProgress.McpConnection'
        $connection.Name | Should -Be 'guarded'
        (Invoke-McpTool process_items @{ items = 'a' }).results | Should -Be 'A'
        (Get-Failure { Connect-McpServer -Uri $connection.Target }).FullyQualifiedErrorId | Should -BeLike 'McpConnectionFailed,*'
        (Get-McpProgressServer guarded).Uri | Should -Be $connection.Target
    }

    It 'is not given a token that happens to be in the environment' {
        $env:MCPPROGRESS_TOKEN = 'of another server'
        try {
            $connection = Start-McpProgressServer -Http -Connect
        } finally {
            Remove-Item Env:MCPPROGRESS_TOKEN
        }

        $connection.Status | Should -Be 'Connected'
    }

    It 'is PowerShell itself where the runtime is missing: <Case>' -Skip:$IsWindows -ForEach @(
        @{ Case = 'no dotnet'; Script = '' }
        @{
            Case = 'no ASP.NET'
            Script = "#!/bin/sh`necho `"You must install or update .NET to run this application.`" >&2`necho `"Framework: 'Microsoft.AspNetCore.App', version '8.0.0' (x64)`" >&2`nexit 150"
        }
        @{ Case = 'no runtime at all'; Script = "#!/bin/sh`necho 'A fatal error occurred. The required library libhostfxr.so could not be found.' >&2`nexit 131" }
    ) {
        $folder = New-Item -ItemType Directory "$TestDrive/$($Case -replace '\W')"
        if ($Script) {
            Set-Content "$folder/dotnet" $Script
            chmod +x "$folder/dotnet"
        }

        $path = $env:PATH
        $env:PATH = "$folder"
        try {
            $token = ConvertTo-Secret 'a long random text'
            $http = Start-McpProgressServer -Http -Token $token -Speed 100 -Name bare
            $stdio = Start-McpProgressServer -Stdio -Connect -Speed 100
            $inUse = Get-Failure { Start-McpProgressServer -Http -Port $http.Port }
        } finally {
            $env:PATH = $path
        }

        $http.ProcessId | Should -Not -Be $PID
        (Invoke-WebRequest $http.Uri -SkipHttpErrorCheck).StatusCode | Should -Be 401
        $overHttp = Connect-McpServer -Uri $http.Uri -Token $token
        foreach ($connection in $overHttp, $stdio) {
            (Invoke-McpTool process_items @{ items = 'a', 'b' } -Server $connection).results | Should -Be 'A', 'B'
        }

        "$inUse" | Should -BeLike "Port $($http.Port) is in use*"
        $overHttp, $stdio | Disconnect-McpServer
        $http | Stop-McpProgressServer
        Test-ProcessGone $http.ProcessId | Should -BeTrue
    }
}

Describe 'Start-McpProgressServer over stdio' {
    It 'starts a child with -Connect and returns the connection' {
        $connection = Start-McpProgressServer -Stdio -Connect -Speed 100

        $connection.Transport | Should -Be 'Stdio'
        (Invoke-McpTool process_items @{ items = 'a' }).results | Should -Be 'A'
        $server = Get-McpProgressServer $connection.Name
        $server.ProcessId | Should -Be $connection.ProcessId
        $server.Uri, $server.Port | Should -Be $null, $null
        Disconnect-McpServer $connection
        Get-McpProgressServer | Should -Not -Contain $server
    }

    It 'gives the name of a child that has died to the next, which takes its place' {
        $dead = Start-McpProgressServer -Stdio -Connect -Name phoenix
        Stop-Process -Id $dead.ProcessId
        Wait-Until { $dead.Status -eq 'Lost' }

        $next = Start-McpProgressServer -Stdio -Connect -Name phoenix

        $next.Name | Should -Be 'phoenix'
        Get-McpServer phoenix* | Should -Be $next
        (Get-McpProgressServer phoenix*).ProcessId | Should -Be $next.ProcessId
        Stop-McpProgressServer phoenix
    }

    It 'serves this process''s own input and output without -Connect, and ends with the input' {
        $shell = Open-Pwsh 'Start-McpProgressServer -Transport Stdio -Speed 100'
        try {
            $shell.StandardInput.WriteLine('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"grøn","version":"1"}}}')
            ($shell.StandardOutput.ReadLine() | ConvertFrom-Json).result.serverInfo.name | Should -Be 'mcpprogress'
            $shell.StandardInput.WriteLine('{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"text":"grøn"}}}')
            ($shell.StandardOutput.ReadLine() | ConvertFrom-Json).result.content[0].text | Should -Be 'grøn'
            $shell.StandardInput.Close()

            $shell.WaitForExit(60000) | Should -BeTrue
            $shell.ExitCode | Should -Be 0
            $shell.StandardOutput.ReadToEnd() | Should -BeNullOrEmpty
        } finally {
            $shell.Kill($true)
        }
    }

    It 'serves a client in the foreground' {
        $connection = Connect-McpServer -Command $pwsh -ArgumentList ($pwshFirst + '-NoProfile', '-Command', "Import-Module '$modulePath'; Start-McpProgressServer -Stdio -Speed 100")
        $null = Invoke-McpTool process_items @{ items = 1..3 } -Server $connection -ProgressVariable updates

        $updates[-1].Message | Should -Be 'done'
        $connection.Statistics.UnreadableLines | Should -Be 0
        Disconnect-McpServer $connection
    }

    It 'has no -Port and no -Token' {
        (Get-Failure { Start-McpProgressServer -Transport Stdio -Port 1 }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        { Start-McpProgressServer -Stdio -Port 1 } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }
}

Describe 'Get- and Stop-McpProgressServer' {
    BeforeEach {
        Disconnect-All
        $one = Start-McpProgressServer -Http -Name one
    }

    It 'list by name, and say McpServerNotFound' {
        Get-McpProgressServer | Should -Be $one
        Get-McpProgressServer O* | Should -Be $one
        Get-McpProgressServer x* | Should -BeNullOrEmpty
        (Get-Failure { Get-McpProgressServer two }).FullyQualifiedErrorId | Should -BeLike 'McpServerNotFound,*'
        (Get-Failure { Stop-McpProgressServer onne }).FullyQualifiedErrorId | Should -BeLike 'McpServerNotFound,*'
    }

    It 'stop from the pipeline, by name, and the newest: the process and the connection have ended' {
        $connection = Start-McpProgressServer -Http -Connect -Name two
        $two = Get-McpProgressServer two
        Stop-McpProgressServer
        Test-ProcessGone $two.ProcessId | Should -BeTrue
        $two.Status | Should -Be 'Stopped'
        $connection.Status | Should -Be 'Closed'
        Get-McpServer | Should -BeNullOrEmpty

        $one | Stop-McpProgressServer
        Test-ProcessGone $one.ProcessId | Should -BeTrue
        Get-McpProgressServer | Should -BeNullOrEmpty

        $stdio = Start-McpProgressServer -Stdio -Connect -Name three
        Stop-McpProgressServer -Name three
        Test-ProcessGone $stdio.ProcessId | Should -BeTrue
        $stdio.Status | Should -Be 'Closed'
    }

    It 'tell of one that ended by itself' {
        Stop-Process -Id $one.ProcessId
        Wait-Until { $one.Status -eq 'Exited' }

        Get-McpProgressServer | Should -Be $one
        $one | Stop-McpProgressServer
        Get-McpProgressServer | Should -BeNullOrEmpty
    }

    It 'take no null for the newest: <_>' -ForEach 'Stop-McpProgressServer -Server $null', '$null | Stop-McpProgressServer' {
        $server = Start-McpProgressServer -Http
        (Get-Failure ([scriptblock]::Create($_))).FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentValidationError*'
        $server.Status | Should -Be 'Running'
        Stop-McpProgressServer
    }

    It 'do nothing with -WhatIf' {
        Stop-McpProgressServer $one -WhatIf
        Start-McpProgressServer -Http -WhatIf
        Get-McpProgressServer | Should -Be $one
        $one.Status | Should -Be 'Running'
    }
}
