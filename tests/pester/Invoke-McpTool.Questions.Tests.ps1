# What becomes of a tool's questions in the foreground: at a console, and with a handler whose answer is of no use.

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')
    $null = Connect-Sample
    $null = Connect-Published
}

AfterAll {
    Disconnect-All
}

Describe 'An answer of -InputHandler' {
    It 'that <Case> is told with a warning where the tool makes do without' -ForEach @(
        @{ Case = 'does not fit'; Handler = { @{ confirm = 'perhaps' } }; Told = "*asked 'A table at Luigi*, and the answer could not be used: Argument 'confirm'*" }
        @{ Case = 'is an error'; Handler = { throw 'no idea' }; Told = "*asked 'A table at Luigi*, and the -InputHandler failed: no idea" }
    ) {
        $result = Invoke-McpTool book_table @{ restaurant = 'Luigi' } -Server sample -InputHandler $Handler -WarningVariable warned -WarningAction SilentlyContinue

        $result.booked | Should -BeFalse
        $warned | Should -HaveCount 1
        "$warned" | Should -BeLike $Told
    }

    It 'is the last object of the block: what a command puts out on the way is none' {
        $result = Invoke-McpTool book_table @{ restaurant = 'Luigi' } -Server sample -InputHandler { 'looking it up'; 42; @{ confirm = $true } }
        $result.booked | Should -BeTrue
    }

    It 'is a list where the block puts several objects out and the only field takes a list' {
        Set-Content -LiteralPath "$TestDrive/colors.ps1" -Value @'
            function Select-Color {
                [CmdletBinding()]
                param()

                $field = [System.Management.Automation.Host.FieldDescription]::new('colors')
                $field | Add-Member Schema '{ "type": "array", "items": { "type": "string", "enum": ["red", "green", "blue"] } }'
                $Host.UI.Prompt('', 'Which ones?', @($field)).colors -join '+'
            }
'@
        $null = Connect-Published "-Path '$TestDrive/colors.ps1'" -Name colors
        $handler = { 'red'; 'blue' }
        Invoke-McpTool Select-Color -Server colors -InputHandler $handler | Should -Be 'red+blue'
        Invoke-McpTool Select-Color -Server colors -AsJob -InputHandler $handler | Receive-Job -Wait -AutoRemoveJob | Should -Be 'red+blue'
    }

    It 'that does not fit is the error where the tool fails for it' {
        $failure = Get-Failure { Invoke-McpTool Read-Line -Server published -InputHandler { @{ other = 1 } } }

        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInputRequired,*'
        "$failure" | Should -BeLike '*and the answer could not be used:*'
    }
}

Describe 'A question at a console' -Skip:(-not $IsLinux -or @(Get-Command tmux, script -CommandType Application -ErrorAction Ignore).Count -lt 2) {
    BeforeAll {
        # tmux is the terminal, and script keeps what is drawn on it.
        function Open-Console([string] $Script) {
            $encoded = [Convert]::ToBase64String([System.Text.Encoding]::Unicode.GetBytes(". '$PSScriptRoot/PublishServers.ps1'; $Script; 'the end'; Disconnect-All"))
            Remove-Item -LiteralPath "$TestDrive/drawn" -ErrorAction Ignore
            tmux -S $socket new-session -d -x 200 -y 50 "script -qefc '$pwsh $pwshFirst -NoProfile -EncodedCommand $encoded' '$TestDrive/drawn'"
        }

        function Get-Drawn { (Get-Content -LiteralPath "$TestDrive/drawn" -Raw -ErrorAction Ignore) ?? '' }

        # Types each line once its prompt, the last of a kind so far, is there.
        function Send-Line([string] $Prompt, [string] $Line, [int] $Time = 1) {
            Wait-Until { [regex]::Matches((Get-Drawn), [regex]::Escape($Prompt)).Count -ge $Time }
            tmux -S $socket send-keys -l $Line
            tmux -S $socket send-keys Enter
        }
    }

    BeforeEach {
        # The server of the test before may still be leaving: a new one at its socket would leave with it.
        $socket = "$TestDrive/$([IO.Path]::GetRandomFileName())"
    }

    AfterEach {
        tmux -S $socket kill-server 2> $null
    }

    It 'shows choices and defaults, takes yes, and is put again until the answer fits' {
        Open-Console '$null = Connect-Sample; (Invoke-McpTool book_table @{ restaurant = "Luigi" }).summary'
        Send-Line 'guests [2]:' 'many'
        Send-Line 'seating (inside, outside) [inside]:' ''
        Send-Line 'confirm (yes, no):' 'YES'
        Send-Line 'guests [2]:' '4' -Time 2
        Send-Line 'seating (inside, outside) [inside]:' 'outside' -Time 2
        Send-Line 'confirm (yes, no):' 'y' -Time 2

        Wait-Until { (Get-Drawn) -match 'the end' }
        Get-Drawn | Should -Match "WARNING: Argument 'guests': got the text 'many'"
        Get-Drawn | Should -Match 'A table for 4 outside at Luigi'
    }

    It 'shows nothing of a field''s name that steers a terminal, and answers by that name' {
        Set-Content -LiteralPath "$TestDrive/hostile.ps1" -Value @'
            function Read-Hostile {
                [CmdletBinding()]
                param()

                $fields = "`e]0;title`a", "same`e[31m", 'same' | ForEach-Object { [System.Management.Automation.Host.FieldDescription]::new($_) }
                $answer = $Host.UI.Prompt('', 'Hostile?', $fields)
                "got: $(@($fields.Name | ForEach-Object { $answer[$_] }) -join '+')"
            }
'@
        Open-Console "`$null = Connect-Published `"-Path '$TestDrive/hostile.ps1'`"; Invoke-McpTool Read-Hostile"
        Send-Line 'field 1' 'one'
        Send-Line 'same' 'two'
        Send-Line 'field 3' 'three'

        Wait-Until { (Get-Drawn) -match 'the end' }
        Get-Drawn | Should -Match 'got: one\+two\+three'
        Get-Drawn | Should -Not -Match '\e\]0;title|same\e\[31m'
    }

    It 'ends with the call at Ctrl+C' {
        Open-Console '$null = Connect-Sample; Invoke-McpTool book_table @{ restaurant = "Luigi" }'
        Send-Line 'guests [2]:' '99'
        Send-Line 'seating' ''
        Send-Line 'confirm' 'no'
        Wait-Until { [regex]::Matches((Get-Drawn), 'guests \[2\]:').Count -ge 2 }
        tmux -S $socket send-keys C-c

        # A stopped script writes nothing more: its end is the terminal's.
        Wait-Until { -not (tmux -S $socket list-sessions 2> $null) }
    }
}
