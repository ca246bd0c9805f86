# Disconnect-McpServer, and what else ends a connection: no process may stay behind.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
}

AfterAll {
    Disconnect-All
}

Describe 'Disconnect-McpServer' {
    It 'ends the server process before it returns, and forgets the connection' {
        $connection = Connect-Faulty echo
        $connection | Disconnect-McpServer

        Test-ProcessGone $connection.ProcessId | Should -BeTrue
        $connection.Status | Should -Be 'Closed'
        Get-McpServer | Should -Not -Contain $connection
        (Get-Failure { Invoke-McpTool echo @{ message = 'x' } -Server $connection }).FullyQualifiedErrorId | Should -BeLike 'McpConnectionLost,*'
    }

    It 'ends what the server has started, too' {
        $connection = Connect-Faulty grandchild
        $grandchild = [int] ("$(Invoke-McpTool pid -Server $connection)" -replace '\D')
        Test-ProcessGone $grandchild | Should -BeFalse
        Disconnect-McpServer $connection

        Wait-Until { Test-ProcessGone $grandchild }
    }

    It 'ends a server that does not want to, within five seconds' {
        $connection = Connect-Faulty ignore-close
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        Disconnect-McpServer $connection

        # Five seconds, and what a busy machine adds.
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
        Test-ProcessGone $connection.ProcessId | Should -BeTrue
    }

    It 'takes names, several, and the newest connection when none is given' {
        $one, $two, $three, $four = 'one', 'two', 'three', 'four' | ForEach-Object { Connect-Faulty echo -Name $_ }
        Disconnect-McpServer
        $four.Status | Should -Be 'Closed'
        Disconnect-McpServer -Name ONE, two
        $one.Status, $two.Status, $three.Status | Should -Be 'Closed', 'Closed', 'Connected'
        Invoke-McpTool echo @{ message = 'the newest that is left' } | Should -Be 'the newest that is left'
    }

    It 'takes wildcards, which may fit none' {
        $one, $two, $other = 'wild-1', 'wild-2', 'wild[3]' | ForEach-Object { Connect-Faulty echo -Name $_ }
        (Test-McpServer wild-*).Name | Should -Be 'wild-1', 'wild-2'
        Get-McpTool -Server wild-*, wild-2 | Should -HaveCount (3 * @(Get-McpTool -Server wild-1).Count)
        Disconnect-McpServer wild-*, nobody*
        $one.Status, $two.Status, $other.Status | Should -Be 'Closed', 'Closed', 'Connected'
        Test-McpServer $other, 'wild[3]' -Quiet | Should -Be $true, $true
        Disconnect-McpServer 'wild[3]'
        $other.Status | Should -Be 'Closed'
    }

    It 'does nothing with -WhatIf' {
        $connection = Connect-Faulty echo
        Disconnect-McpServer $connection -WhatIf

        $connection.Status | Should -Be 'Connected'
    }

    It 'takes no null for the newest connection, nor does <_>' -ForEach @(
        'Disconnect-McpServer $missing', '$null | Disconnect-McpServer', 'Disconnect-McpServer $connection, $null'
        'Test-McpServer $null', '$null | Test-McpServer', 'Get-McpTool -Server $null', '$null | Get-McpTool'
        'Invoke-McpTool echo @{ message = "x" } -Server $null', '$null | Invoke-McpTool echo -Server null'
    ) {
        $missing = $null
        $connection = Connect-Faulty echo -Name null
        (Get-Failure ([scriptblock]::Create($_))).FullyQualifiedErrorId | Should -BeLike 'ParameterArgumentValidationError*'
        $connection.Status | Should -Be 'Connected'
        Disconnect-McpServer @()
        $connection.Status | Should -Be 'Connected'
        Disconnect-McpServer $connection
    }

    It 'says McpServerNotFound for a name nobody has' {
        $null = Connect-Faulty echo -Name 'weather'
        $failure = Get-Failure { Disconnect-McpServer 'whether' }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpServerNotFound,*'
        "$failure" | Should -Match 'Did you mean weather'
    }
}

Describe 'A connection' {
    It 'ends its server when the runspace is closed' {
        $apart = Invoke-Apart '(Connect-Faulty ignore-close).ProcessId'

        Wait-Until { Test-ProcessGone $apart.Output[0] }
    }

    It 'is of its runspace alone' {
        $null = Connect-Faulty echo -Name mine
        (Invoke-Apart 'Get-McpServer').Output | Should -BeNullOrEmpty
    }

    It 'ends its server when the module is removed' {
        $apart = Invoke-Apart '$c = Connect-Faulty ignore-close; Remove-Module McpProgress; @{ Gone = Test-ProcessGone $c.ProcessId; Status = $c.Status }'

        $apart.Output[0].Gone | Should -BeTrue
        $apart.Output[0].Status | Should -Be 'Closed'
    }

    It 'ends its servers when the shell <Case>' -ForEach @(
        @{ Case = 'comes to its end'; Mode = 'ignore-close'; End = { $shell.StandardInput.Close() } }
        @{ Case = 'is killed'; Mode = 'echo'; End = { $shell.Kill() } }
    ) {
        $shell = Open-Pwsh @"
            (Connect-Faulty $Mode).ProcessId
            (Start-McpProgressServer -Http).ProcessId
            (Start-McpProgressServer -Stdio -Connect).ProcessId
            `$null = [Console]::In.ReadLine()
"@
        try {
            $ids = 1..3 | ForEach-Object { [int] $shell.StandardOutput.ReadLine() }
            $ids | Where-Object { Test-ProcessGone $_ } | Should -BeNullOrEmpty
            & $End
            $shell.WaitForExit(60000) | Should -BeTrue

            Wait-Until { -not ($ids | Where-Object { -not (Test-ProcessGone $_) }) }
        } finally {
            $shell.Kill($true)
        }
    }
}
