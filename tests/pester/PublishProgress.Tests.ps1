# Write-Progress of published commands, as a client sees it.

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')
    $null = Connect-Published

    function Get-Update {
        param([string] $Tool, [hashtable] $Argument = @{})

        $null = Invoke-McpTool $Tool $Argument -ProgressVariable updates
        $updates
    }

    function Test-Increasing {
        param([object[]] $Update)

        for ($i = 1; $i -lt $Update.Count; $i++) {
            if ($Update[$i].Progress -le $Update[$i - 1].Progress) { return $false }
        }

        $true
    }
}

AfterAll {
    Disconnect-All
}

Describe 'A percentage' {
    It 'is progress of a hundred, with activity and status as the message' {
        $updates = Get-Update Copy-Sample @{ Source = 'a'; Count = 4; Delay = 80 }

        $updates.Progress | Should -Be 25, 50, 75, 100
        $updates.Total | Should -Be 100, 100, 100, 100
        $updates[0].Message | Should -Be 'Copying a: file 1 of 4'
        $updates[3].Message | Should -Be 'Copying a: file 4 of 4'
    }

    It 'is seen to the last, however fast the command is' {
        $updates = Get-Update Copy-Sample @{ Source = 'a'; Count = 1000 }

        $updates.Count | Should -BeGreaterThan 0
        $updates.Count | Should -BeLessThan 500
        $updates[-1].Progress | Should -Be $updates[-1].Total
        $updates[-1].Message | Should -Be 'Copying a: file 1000 of 1000'
        Test-Increasing $updates | Should -BeTrue
    }
}

Describe 'Nested activities' {
    It 'are one line, outermost first, with operation and remaining seconds' {
        $updates = Get-Update Write-Nested @{ Delay = 120 }

        $updates[-1].Message | Should -Be 'Outer: part 2 > Inner: step 2 - reading (100%) (8 s left)'
        $updates.Message | Should -Contain 'Outer: part 1 > Inner: step 1 - reading (50%) (9 s left)'
        $updates[-1].Progress | Should -BeGreaterThan 50
        $updates[-1].Progress | Should -BeLessThan 51
        Test-Increasing $updates | Should -BeTrue
    }
}

Describe 'An unknown percentage' {
    It 'counts up without a total' {
        $updates = Get-Update Write-Unknown @{ Count = 3 }

        $updates.Progress | Should -Be 1, 2, 3
        $updates.Total | Should -Be $null, $null, $null
        $updates[-1].Message | Should -Be 'Scanning: item 3'
    }
}

Describe 'A million records' {
    It 'come as a few, in order, the last one kept' {
        $updates = Get-Update Write-Many @{ Count = 1000000 }

        $updates.Count | Should -BeLessThan 10000
        $updates[-1].PercentComplete | Should -Be 100
        $updates[-1].Message | Should -Be 'Many: record 1000000'
        Test-Increasing $updates | Should -BeTrue
    }

    It 'cost little' {
        # The best of several in one run: other work on the machine only ever adds.
        $best = @{}
        foreach ($round in 1..4) {
            foreach ($silent in $true, $false) {
                $took = (Invoke-McpTool Write-Many @{ Count = 100000; Silent = $silent }).Milliseconds
                if (-not $best[$silent] -or $took -lt $best[$silent]) { $best[$silent] = $took }
            }
        }

        # The goal is 1.3; on a shared machine a test allows for noise.
        $best[$false] / $best[$true] | Should -BeLessThan 2
    }
}

Describe 'Escape sequences and line breaks' {
    It 'do not reach the message' {
        (Get-Update Write-Colored).Message | Should -Be 'red work: two lines'
    }
}
