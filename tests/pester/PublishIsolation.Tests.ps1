# What a call leaves behind must not reach the next one.

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')
    $null = Connect-Published "-Path '$publishedScript' -MaxConcurrency 2"
}

AfterAll {
    Disconnect-All
}

Describe 'A call' {
    It 'finds nothing of the <_> that another one left' -ForEach 'Variable', 'Script', 'Function', 'Alias', 'Error', 'Environment', 'Job', 'Event', 'Preference', 'Default', 'Drive', 'Culture', 'Stack' {
        (Invoke-McpTool Set-Leftover @{ Kind = $_ }).Set | Should -Be $_
        # As many as there can be runspaces, and one more.
        1..3 | ForEach-Object { Invoke-McpTool Find-Leftover | Should -BeNullOrEmpty }
    }

    It 'runs the published command, whatever another one has put in its place' {
        $null = Invoke-McpTool Set-Leftover @{ Kind = 'Function' }
        (Invoke-McpTool Copy-Sample @{ Source = 'a' }).Copied | Should -Be 4
    }

    It 'starts where the server was started' {
        $first = Invoke-McpTool Set-Place @{ To = [System.IO.Path]::GetTempPath() }
        1..3 | ForEach-Object { Invoke-McpTool Set-Place | Should -Be $first }
    }

    It 'has a runspace again that nothing was left in' {
        $used = 1..20 | ForEach-Object { Invoke-McpTool Get-Runspace2 } | Select-Object -Unique
        @($used).Count | Should -BeLessThan 4
    }

    It 'has a runspace to itself' {
        $jobs = 1..2 | ForEach-Object { Invoke-McpTool Copy-Sample @{ Source = "$_"; Count = 20; Delay = 50 } -AsJob -Mode Call }
        Wait-Until { @($jobs | Where-Object { $_.Task.StatusMessage -match 'file' }).Count -eq 2 }
        ($jobs | Receive-Job -Wait -AutoRemoveJob).Source | Sort-Object | Should -Be '1', '2'
    }
}

Describe 'A module' {
    BeforeAll {
        $null = Connect-Published "-Path '$(Join-Path $publishedFolder 'Stateful.psm1')'" -Name stateful
    }

    It 'publishes what it exports' {
        (Get-McpTool -Server stateful).Name | Sort-Object | Should -Be 'Add-Seen', 'Step-Count'
    }

    It 'keeps no number from one call to the next' {
        1..4 | ForEach-Object { Invoke-McpTool Step-Count -Server stateful } | Should -Be 1, 1, 1, 1
    }

    It 'keeps nothing within a list from one call to the next' {
        'a', 'b', 'c' | ForEach-Object { Invoke-McpTool Add-Seen @{ Word = $_ } -Server stateful } | Should -Be 'a', 'b', 'c'
    }
}
