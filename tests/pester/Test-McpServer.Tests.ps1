# Test-McpServer: a sign of life from every kind of connection, and never an error.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
}

AfterAll {
    Disconnect-All
}

Describe 'Test-McpServer' {
    It 'says that a server of revision <Era> is alive, and how fast it answers' -ForEach @(
        @{ Era = '2025-11-25'; Mode = @('echo') }
        @{ Era = '2026-07-28'; Mode = @('echo', '--era', 'modern') }
    ) {
        $connection = Connect-Faulty $Mode
        $test = Test-McpServer $connection

        $test.Name | Should -Be $connection.Name
        $test.IsAlive | Should -BeTrue
        $test.Latency | Should -BeGreaterThan ([timespan]::Zero)
        $test.Detail | Should -BeNullOrEmpty
    }

    It 'works over HTTP' {
        $null = Start-McpProgressServer -Http -Connect
        Test-McpServer -Quiet | Should -BeTrue
    }

    It 'says that a dead server is dead, and why' {
        $connection = Connect-Faulty die-on-call
        Invoke-McpTool die -Server $connection -ErrorAction SilentlyContinue
        $test = Test-McpServer $connection -ErrorVariable failures

        $test.IsAlive | Should -BeFalse
        $test.Latency | Should -BeNullOrEmpty
        $test.Detail | Should -Match 'lost'
        $failures | Should -BeNullOrEmpty
    }

    It 'tests the connection of a piped tool' {
        $connection = Connect-Faulty echo -Name tools
        (Get-McpTool echo -Server $connection | Test-McpServer).Name | Should -Be 'tools'
    }

    It 'tests several, by name or from the pipeline, one result each' {
        $null = Connect-Faulty echo -Name left
        $tests = 'left', 'nobody' | Test-McpServer

        $tests.Name | Should -Be 'left', 'nobody'
        $tests.IsAlive | Should -Be $true, $false
        Get-McpServer left | Test-McpServer -Quiet | Should -BeTrue
        Test-McpServer -Name nobody -Quiet | Should -BeFalse
    }
}
