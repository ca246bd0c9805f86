# Connect-McpServer: by command, by address and by name; what it returns; every way it can fail.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
}

AfterAll {
    Disconnect-All
}

Describe 'Connect-McpServer -Command' {
    It 'returns a connection that says all about itself, in revision <Protocol>' -ForEach @(
        @{ Protocol = '2025-11-25'; Mode = @('echo') }
        @{ Protocol = '2026-07-28'; Mode = @('echo', '--era', 'modern') }
    ) {
        $connection = Connect-McpServer -Command dotnet -ArgumentList (@($faultyServer) + $Mode) -Name "era-$Protocol"

        $connection.GetType().FullName | Should -Be 'McpProgress.McpConnection'
        $connection.Name | Should -Be "era-$Protocol"
        $connection.Transport | Should -Be 'Stdio'
        "$($connection.Server)" | Should -Be 'FaultyServer 1.0.0'
        $connection.ProtocolVersion | Should -Be $Protocol
        $connection.Capabilities.psobject.Properties.Name | Should -Contain 'tools'
        $connection.Status | Should -Be 'Connected'
        (Get-Process -Id $connection.ProcessId).Id | Should -Be $connection.ProcessId
        $before = $connection.Statistics.MessagesIn
        Invoke-McpTool count @{ n = 3 } -Server $connection | Should -Be 'counted to 3'
        $connection.Statistics.MessagesIn | Should -BeGreaterThan ($before + 3)
        $connection.Statistics.BytesIn, $connection.Statistics.BytesOut, $connection.Statistics.MessagesOut | Should -Not -Contain 0
        $connection.Statistics.ProgressReceived | Should -Be 3
    }

    It 'insists on -ProtocolVersion <_> at a server that speaks both' -ForEach '2025-11-25', '2026-07-28' {
        $connection = Connect-McpServer -Command dotnet -ArgumentList $sampleServer, 'stdio', '--speed', 100 -ProtocolVersion $_ -Name "pinned-$_"

        $connection.ProtocolVersion | Should -Be $_
        (Invoke-McpTool process_items @{ items = 'a' } -Server $connection).results | Should -Be 'A'
    }

    It 'says so where the server does not speak -ProtocolVersion <Protocol>' -ForEach @(
        @{ Protocol = '2026-07-28'; Mode = @('echo') }
        @{ Protocol = '2025-11-25'; Mode = @('echo', '--era', 'modern') }
    ) {
        $failure = Get-Failure { Connect-McpServer -Command dotnet -ArgumentList (@($faultyServer) + $Mode) -ProtocolVersion $Protocol }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpConnectionFailed,*'
        "$failure" | Should -Match "does not agree to revision $Protocol, which -ProtocolVersion asks for"
    }

    It 'takes no other -ProtocolVersion' {
        (Get-Failure { Connect-McpServer -Command dotnet -ProtocolVersion 2024-11-05 }).FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentValidationError,*'
    }

    It 'hands over arguments exactly as they are' {
        $arguments = 'plain', 'with space', 'a"quote', "it's", '$HOME', '', '*', 'back\slash', 'two\\', 'ends with\', '&|<>^%PATH%', 'grønn', "line`nbreak"
        $connection = Connect-McpServer -Command dotnet -ArgumentList (@($faultyServer, 'log-env') + $arguments)
        $argv = (Invoke-McpTool environment @{ names = @() } -Server $connection).argv

        $argv[1..$argv.Length] | Should -BeExactly $arguments
    }

    It 'takes $null for no arguments' {
        $failure = Get-Failure { Connect-McpServer -Command mcpprogress-no-such-program -ArgumentList $null }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpConnectionFailed,*'
    }

    It 'sets, changes and removes environment variables and starts in -WorkingDirectory' {
        $env:MCP_TEST_CHANGED = 'before'
        $env:MCP_TEST_REMOVED = 'before'
        try {
            $connection = Connect-McpServer -Command dotnet -ArgumentList $faultyServer, 'log-env' -WorkingDirectory $TestDrive -Environment @{
                MCP_TEST_SET = 'a b'; MCP_TEST_CHANGED = 42; MCP_TEST_REMOVED = $null
            }
            $seen = Invoke-McpTool environment @{ names = 'MCP_TEST_SET', 'MCP_TEST_CHANGED', 'MCP_TEST_REMOVED' } -Server $connection
        } finally {
            Remove-Item Env:MCP_TEST_CHANGED, Env:MCP_TEST_REMOVED
        }

        $seen.environment.MCP_TEST_SET | Should -BeExactly 'a b'
        $seen.environment.MCP_TEST_CHANGED | Should -BeExactly '42'
        $seen.environment.MCP_TEST_REMOVED | Should -BeNullOrEmpty
        $seen.cwd | Should -BeExactly (Get-Item $TestDrive).FullName
    }

    It 'starts in the current location by default, and takes a relative working directory from there' {
        $inner = New-Item -ItemType Directory (Join-Path $TestDrive 'inner')
        Push-Location $TestDrive
        try {
            $here = Connect-Faulty log-env
            $there = Connect-McpServer -Command dotnet -ArgumentList $faultyServer, 'log-env' -WorkingDirectory inner
        } finally {
            Pop-Location
        }

        (Invoke-McpTool environment @{ names = @() } -Server $here).cwd | Should -BeExactly (Get-Item $TestDrive).FullName
        (Invoke-McpTool environment @{ names = @() } -Server $there).cwd | Should -BeExactly $inner.FullName
    }

    It 'gives a second connection of the same name a number' {
        $first = Connect-Faulty echo -Name twin
        $second = Connect-Faulty echo -Name twin

        $first.Name, $second.Name | Should -Be 'twin', 'twin-2'
    }

    It 'gives the name of one whose server has died to the next, which takes its place' {
        $dead = Connect-Faulty die-on-call -Name phoenix
        Invoke-McpTool die -Server $dead -ErrorAction SilentlyContinue

        if (-not (Test-McpServer phoenix -Quiet)) { $next = Connect-Faulty echo -Name Phoenix }

        $next.Name | Should -BeExactly 'Phoenix'
        Get-McpServer phoenix* | Should -Be $next
        Test-McpServer phoenix -Quiet | Should -BeTrue
    }

    It 'copes with a server that prints a banner and is slow to start' {
        $banner = Connect-Faulty banner
        $banner.Statistics.UnreadableLines | Should -BeGreaterThan 0
        Invoke-McpTool echo @{ message = 'through the noise' } | Should -Be 'through the noise'
        (Connect-Faulty slow-start, 300).Status | Should -Be 'Connected'
    }

    It 'says McpConnectionFailed when <Case>' -ForEach @(
        @{ Case = 'the command is not found'; Splat = @{ Command = 'no-such-command-here' }; Says = "'no-such-command-here' was not found on PATH" }
        @{ Case = 'the working directory is not there'; Splat = @{ Command = 'dotnet'; WorkingDirectory = '/no/such/folder' }; Says = 'does not exist' }
        @{ Case = 'the server exits at once'; Mode = 'exit-at-once', '7'; Says = 'exit code 7' }
        @{ Case = 'the server never answers'; Mode = , 'silent'; Says = 'did not answer'; Limit = 1 }
    ) {
        if ($Mode) { $Splat = @{ Command = 'dotnet'; ArgumentList = @($faultyServer) + $Mode } }
        if ($Limit) { $Splat.TimeoutSec = $Limit }
        $before = @(Get-McpServer).Count
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $failure = Get-Failure { Connect-McpServer @Splat }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpConnectionFailed,*'
        "$failure" | Should -Match ([regex]::Escape($Says))
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
        @(Get-McpServer).Count | Should -Be $before
    }

    It 'shows the end of the error output, without what would steer the terminal' -Skip:$IsWindows {
        $failure = Get-Failure { Connect-McpServer -Command sh -ArgumentList '-c', 'printf "\033[31mthe disk is full\033[0m\007\n" >&2; exit 3' }

        "$failure" | Should -Match 'the disk is full'
        "$failure" | Should -Not -Match '[\x00-\x08\x0b\x0c\x0e-\x1f]'
    }
}

Describe 'Connect-McpServer -Uri' {
    BeforeAll {
        $http = Start-McpProgressServer -Http -Speed 100 -Token (ConvertTo-Secret 'open sesame') -Name 'with-token'
    }

    It 'connects with -Token' {
        $connection = Connect-McpServer -Uri $http.Uri -Token (ConvertTo-Secret 'open sesame')

        $connection.Transport | Should -Be 'Http'
        $connection.ProcessId | Should -BeNullOrEmpty
        $connection.Name | Should -Be $http.Uri.Authority
        Invoke-McpTool echo @{ text = 'over http' } -Server $connection | Should -Be 'over http'
    }

    It 'sends -Header' {
        $connection = Connect-McpServer -Uri $http.Uri -Header @{ Authorization = 'Bearer open sesame' } -Name 'by-header'

        $connection.Status | Should -Be 'Connected'
        $connection.Name | Should -Be 'by-header'
    }

    It 'says McpInvalidArgument for <Case>' -ForEach @(
        @{ Case = 'a header whose value begins another'; Connect = { Connect-McpServer -Uri $http.Uri -Header @{ 'X-A' = "a`r`nX-Evil: 1" } }; Says = "*'X-A' cannot be sent: its value*" }
        @{ Case = 'a header whose name is none'; Connect = { Connect-McpServer -Uri $http.Uri -Header @{ 'Bad Header' = 'a' } }; Says = "*'Bad Header' cannot be sent: its name*" }
        @{ Case = 'a token of two lines'; Connect = { Connect-McpServer -Uri $http.Uri -Token (ConvertTo-Secret "s3cret`nX-Evil: 1") }; Says = '*-Token cannot be sent: its value*' }
    ) {
        $failure = Get-Failure $Connect

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        "$failure" | Should -BeLike $Says
        "$failure" | Should -Not -Match 'Evil|s3cret'
    }

    It 'keeps a token out of errors' {
        $failure = Get-Failure { Connect-McpServer -Uri $http.Uri -Token (ConvertTo-Secret 'wrong-password') }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpConnectionFailed,*'
        "$failure" | Should -Match '401'
        $failure | Format-List * -Force | Out-String | Should -Not -Match 'wrong-password'
    }

    It 'says McpConnectionFailed when the server answers <Fault>' -ForEach @(
        @{ Fault = '401'; Says = '-Token' }, @{ Fault = '403'; Says = '403' }, @{ Fault = '404'; Says = '404' }, @{ Fault = '500'; Says = '500' }
        @{ Fault = 'wrong-type'; Says = '.' }, @{ Fault = 'plain-tcp-garbage'; Says = '.' }
    ) {
        $server = Open-FaultyHttp $Fault
        try {
            $failure = Get-Failure { Connect-McpServer -Uri $server.Uri -TimeoutSec 60 }
        } finally {
            $server.Process.Kill()
        }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpConnectionFailed,*'
        "$failure" | Should -Match ([regex]::Escape($Says).Replace('\.', '.'))
    }

    It 'says McpConnectionFailed when TLS fails and when nobody listens' {
        $server = Open-FaultyHttp echo
        $secure = [UriBuilder]::new($server.Uri)
        $secure.Scheme = 'https'
        try {
            $tls = Get-Failure { Connect-McpServer -Uri $secure.Uri -TimeoutSec 60 }
        } finally {
            $server.Process.Kill()
            $server.Process.WaitForExit()
        }

        $tls.FullyQualifiedErrorId | Should -BeLike 'McpConnectionFailed,*'
        "$tls" | Should -Match 'TLS|SSL'
        $refused = Get-Failure { Connect-McpServer -Uri $server.Uri -TimeoutSec 60 }
        $refused.FullyQualifiedErrorId | Should -BeLike 'McpConnectionFailed,*'
        "$refused" | Should -Match 'refused'
    }

    It 'says McpInvalidArgument for <_>' -ForEach 'ftp://example.com/mcp', 'not/absolute' {
        (Get-Failure { Connect-McpServer -Uri $_ }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
    }
}

Describe 'Connect-McpServer -Name' {
    BeforeAll {
        function Write-Configuration([string] $Path, [string] $Key, [string] $Name, [string[]] $Mode = 'log-env', [hashtable] $Environment = @{}) {
            $null = New-Item -ItemType Directory -Force (Split-Path $Path)
            @{ $Key = @{ $Name = @{ command = 'dotnet'; args = @($faultyServer) + $Mode; env = $Environment } } } |
                ConvertTo-Json -Depth 5 | Set-Content -LiteralPath $Path
        }

        $project = Join-Path $TestDrive 'project'
        Write-Configuration "$project/.mcp.json" mcpServers first
        Write-Configuration "$project/mcp.json" servers second
        Write-Configuration "$project/.vscode/mcp.json" servers third
        Push-Location $project
    }

    AfterAll {
        Pop-Location
    }

    It 'finds <_> in the file it is in, under either key' -ForEach 'first', 'second', 'third' {
        $connection = Connect-McpServer $_

        $connection.Name | Should -Be $_
        (Invoke-McpTool environment @{ names = @() } -Server $connection).cwd | Should -Be $project
    }

    It 'prefers the file that is searched first, and says so' {
        $folder = Join-Path $TestDrive 'order'
        Write-Configuration "$folder/.mcp.json" mcpServers same 'log-env', 'from .mcp.json'
        Write-Configuration "$folder/.vscode/mcp.json" servers same 'log-env', 'from .vscode'
        Push-Location $folder
        try {
            $connection = Connect-McpServer same -WarningVariable warnings -WarningAction SilentlyContinue
        } finally {
            Pop-Location
        }

        (Invoke-McpTool environment @{ names = @() } -Server $connection).argv | Should -Contain 'from .mcp.json'
        "$warnings" | Should -BeLike "'same' is *$folder*.mcp.json' here, which goes before *.vscode*"
    }

    It 'replaces ${env:NAME}, and reads -ConfigurationPath' {
        Write-Configuration "$TestDrive/own.json" mcpServers own 'log-env', '${env:MCP_TEST_ARGUMENT}' @{ MCP_TEST_COPY = 'x${env:MCP_TEST_ARGUMENT}x' }
        $env:MCP_TEST_ARGUMENT = 'from the environment'
        try {
            $connection = Connect-McpServer own -ConfigurationPath "$TestDrive/own.json"
        } finally {
            Remove-Item Env:MCP_TEST_ARGUMENT
        }

        $seen = Invoke-McpTool environment @{ names = , 'MCP_TEST_COPY' } -Server $connection
        $seen.argv | Should -Contain 'from the environment'
        $seen.environment.MCP_TEST_COPY | Should -Be 'xfrom the environmentx'
    }

    It 'takes configured servers from the pipeline, with their file' {
        Write-Configuration "$TestDrive/listed.json" servers listed
        $connection = Get-McpServer -ListAvailable -ConfigurationPath "$TestDrive/listed.json" | Connect-McpServer

        $connection.Name | Should -Be 'listed'
    }

    It 'says McpServerNotFound with the nearest names' {
        $failure = Get-Failure { Connect-McpServer secnod }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpServerNotFound,*'
        "$failure" | Should -Match 'second'
    }

    It 'says McpInvalidArgument for a file that does not parse' {
        Set-Content "$TestDrive/broken.json" '{ "mcpServers": { '
        $failure = Get-Failure { Connect-McpServer any -ConfigurationPath "$TestDrive/broken.json" }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        "$failure" | Should -Match 'broken\.json'
    }
}
