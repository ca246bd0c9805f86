# Send-McpTaskInput: answers questions, each once, as their schema wants.

BeforeDiscovery {
    $kinds = @(
        @{ Kind = 'Call' }
        @{ Kind = 'ExtensionTask' }
        if (-not $IsWindows) { @{ Kind = 'Mcpc' }; @{ Kind = 'Task' } }
    )
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Jobs.Common.ps1')
}

Describe 'Send-McpTaskInput to a task of kind <Kind>' -ForEach $kinds {
    BeforeAll {
        $connection = Connect-Kind $Kind

        function Invoke-Booking([scriptblock] $InputHandler) {
            $handler = $InputHandler ? @{ InputHandler = $InputHandler } : @{}
            $job = Invoke-McpTool book_table @{ restaurant = 'Luigi' } -AsJob -Mode $Kind -Server $connection @handler
            Wait-Until { $job.Task.InputRequest.Count -eq 1 -or $job.State -ne 'Running' }
            $job
        }
    }

    AfterAll {
        Clear-Job
    }

    It 'shows what is asked' {
        $job = Invoke-Booking
        $question = $job.Task.InputRequest[0]
        $question.Message | Should -Be 'A table at Luigi at 20:00: for how many, and shall I book it?'
        $question.Schema.properties.guests.maximum | Should -Be 20
        $question.Schema.required | Should -Be 'confirm'
        "$question" | Should -Be $question.Message
        Remove-Job $job -Force
    }

    It 'answers with <Case>' -ForEach @(
        @{ Case = 'a hashtable'; Answer = @{ confirm = $true; guests = 3; seating = 'outside' }; Booked = $true; Guests = 3; Seating = 'outside' }
        @{ Case = 'an object'; Answer = [pscustomobject]@{ confirm = $true; guests = '5' }; Booked = $true; Guests = 5; Seating = 'inside' }
        @{ Case = 'JSON and defaults'; Answer = '{"confirm":true}'; Booked = $true; Guests = 2; Seating = 'inside' }
        @{ Case = 'a no in it'; Answer = @{ confirm = $false }; Booked = $false }
        @{ Case = 'yes, to the one field without a default'; Answer = 'yes'; Booked = $true; Guests = 2; Seating = 'inside' }
        @{ Case = 'n, to the one field without a default'; Answer = 'n'; Booked = $false }
        @{ Case = 'decline'; Answer = 'decline'; Booked = $false }
        @{ Case = 'nothing'; Answer = $null; Booked = $false }
    ) {
        $job = Invoke-Booking
        Send-McpTaskInput $job $Answer -ErrorAction Stop
        $result = Receive-Job $job -Wait -AutoRemoveJob
        $result.booked | Should -Be $Booked
        if ($Booked) {
            $result.guests | Should -Be $Guests
            $result.seating | Should -Be $Seating
        }
    }

    It 'refuses a wrong answer with what is wanted, and takes the next' {
        $job = Invoke-Booking
        $failure = Get-Failure { Send-McpTaskInput $job @{ confirm = $true; guests = 21 } }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument*'
        $failure.Exception.Message | Should -Match 'guests.*20'
        (Get-Failure { Send-McpTaskInput $job @{ guests = 2 } }).Exception.Message | Should -Match 'confirm'
        (Get-Failure { Send-McpTaskInput $job @{ confirm = $true; seating = 'roof' } }).Exception.Message | Should -Match 'inside.*outside'
        $job.Task.InputRequest.Count | Should -Be 1
        Send-McpTaskInput $job @{ confirm = $true }
        (Receive-Job $job -Wait -AutoRemoveJob).booked | Should -BeTrue
    }

    It 'answers each question once' {
        $job = Invoke-Booking
        $key = $job.Task.InputRequest[0].Key
        Send-McpTaskInput $job @{ confirm = $true } -Key $key
        (Get-Failure { Send-McpTaskInput $job @{ confirm = $false } -Key $key }).Exception.Message | Should -Match 'answered already'
        (Receive-Job $job -Wait -AutoRemoveJob).booked | Should -BeTrue
    }

    It 'comes in where a handler''s answer does not fit' {
        $job = Invoke-Booking { @{ confirm = $true; guests = 'many' } }
        Wait-Until { $job.Warning.Count -gt 0 }
        $job.Warning[0].Message | Should -Match 'guests'
        Send-McpTaskInput $job @{ confirm = $true }
        (Receive-Job $job -Wait -AutoRemoveJob -WarningAction SilentlyContinue).booked | Should -BeTrue
    }

    It 'fails where nothing is asked' {
        $job = Invoke-McpTool run_forever -AsJob -Mode $Kind -Server $connection
        (Get-Failure { Send-McpTaskInput $job @{ a = 1 } -Key none }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument*'
        Remove-Job $job -Force
    }
}
