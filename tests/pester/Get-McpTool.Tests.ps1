# Get-McpTool: what it says of a tool, pages, changes, and which servers it asks.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
    $sample = Connect-Sample
    $echo = Connect-Faulty echo
}

AfterAll {
    Disconnect-All
}

Describe 'Get-McpTool' {
    It 'says all about a tool' {
        $tool = Get-McpTool process_items -Server $sample

        $tool.GetType().FullName | Should -Be 'McpProgress.McpTool'
        $tool.Name | Should -Be 'process_items'
        $tool.Title | Should -Not -BeNullOrEmpty
        $tool.Description | Should -Match 'item'
        $tool.Server | Should -Be 'sample'
        $tool.Arguments | Should -Be 'items'
        $tool.InputSchema.properties.items.type | Should -Be 'array'
        $tool.InputSchema.required | Should -Be 'items'
        $tool.OutputSchema.properties.processed.type | Should -Be 'integer'
        $tool.Annotations.readOnlyHint | Should -BeTrue
    }

    It 'reads every page' {
        (Get-McpTool -Server $echo).Name | Should -Be 'echo', 'add', 'grow', 'count'
    }

    It 'takes names and wildcards' {
        (Get-McpTool *_data, echo -Server $sample).Name | Should -Be 'process_data', 'analyze_data', 'echo'
        Get-McpTool no-such* -Server $sample | Should -BeNullOrEmpty
    }

    It 'takes a name with brackets as it is' {
        (Get-McpTool 'list[0]' -Server (Connect-Faulty error-result)).Name | Should -Be 'list[0]'
        Disconnect-McpServer error-result
    }

    It 'says McpToolNotFound with the nearest names' {
        $failure = Get-Failure { Get-McpTool proces_item -Server $sample }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpToolNotFound,*'
        "$failure" | Should -Match 'process_items'
    }

    It 'asks the newest connection, a named one, or those of the pipeline' {
        (Get-McpTool).Server | Select-Object -Unique | Should -Be 'echo'
        (Get-McpTool -Server SAMPLE).Server | Select-Object -Unique | Should -Be 'sample'
        (Get-McpServer | Get-McpTool echo).Server | Should -Be 'sample', 'echo'
        'echo', 'sample' | Get-McpTool add, flood -ErrorAction SilentlyContinue | ForEach-Object Name | Should -Be 'add', 'flood'
    }

    It 'sees a tool that came later, in revision <Era>' -ForEach @(
        @{ Era = '2025-11-25'; Mode = @('echo') }
        @{ Era = '2026-07-28'; Mode = @('echo', '--era', 'modern') }
    ) {
        $connection = Connect-Faulty $Mode -Name "growing-$Era"
        (Get-McpTool -Server $connection).Name | Should -Not -Contain 'grown-1'
        $null = Invoke-McpTool grow -Server $connection

        Wait-Until { (Get-McpTool -Server $connection).Name -contains 'grown-1' }
    }

    It 'asks again with -Refresh' {
        $before = $sample.Statistics.MessagesOut
        $null = Get-McpTool -Server $sample
        $sample.Statistics.MessagesOut | Should -Be $before
        $null = Get-McpTool -Server $sample -Refresh
        $sample.Statistics.MessagesOut | Should -BeGreaterThan $before
    }

    It 'says McpServerNotFound when nothing is open' {
        $apart = Invoke-Apart 'Get-McpTool'

        $apart.Errors.FullyQualifiedErrorId | Should -BeLike 'McpServerNotFound,*'
        "$($apart.Errors)" | Should -Match 'Connect-McpServer'
    }
}
