# What published commands ask of their host becomes a question to the caller, in every way a command can be called.
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSAvoidGlobalVars', '', Justification = 'An input handler has a scope of its own.')]
param()

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')
    $null = Connect-Published
}

AfterAll {
    Disconnect-All
}

Describe 'A question' {
    It 'of <Tool> is answered by a form' -ForEach @(
        @{ Tool = 'Read-Line'; Message = 'What is your name'; Keys = 'value'; Answer = { @{ value = 'Ann' } }; Expected = 'Hello, Ann!' }
        @{ Tool = 'Read-Secret'; Message = 'The secret'; Keys = 'value'; Answer = { @{ value = '12345' } }; Expected = '5' }
        @{ Tool = 'Read-Choice'; Message = "Color`nWhich one?"; Keys = 'choice'; Answer = { @{ choice = 'Blue' } }; Expected = 'Blue' }
        @{ Tool = 'Read-Credential'; Message = '*Who are you?'; Keys = 'userName', 'password'; Answer = { @{ userName = 'me'; password = 'abc' } }; Expected = 'me with 3 characters' }
    ) {
        $global:asked = [System.Collections.Generic.List[object]]::new()
        $global:answer = $Answer
        Invoke-McpTool $Tool -InputHandler { param($question) $global:asked.Add($question); & $global:answer } | Should -Be $Expected
        $asked.Count | Should -Be 1
        $asked[0].Message | Should -BeLike $Message
        $asked[0].Schema.properties.PSObject.Properties.Name | Should -Be $Keys
    }

    It 'offers the default of <Tool>' -ForEach @(
        @{ Tool = 'Read-Choice'; Key = 'choice'; Default = 'Green' }
        @{ Tool = 'Read-Credential'; Key = 'userName'; Default = 'guest' }
    ) {
        $null = Invoke-McpTool $Tool -ErrorAction Ignore -WarningAction Ignore -InputHandler { param($question) $global:asked = $question; 'cancel' }
        $asked.Schema.properties.$Key.default | Should -Be $Default
    }

    It 'for a number, however large, is answered by one' {
        function global:Read-Number {
            [CmdletBinding()]
            param([string] $Type)

            $field = [System.Management.Automation.Host.FieldDescription]::new('N')
            $field.SetParameterType([type] $Type)
            $number = $Host.UI.Prompt('', 'A number', @($field)).N
            "$number $($number.GetType().Name)"
        }
        try {
            $null = Start-McpProgressServer -Http -Command Read-Number -Connect -Name number
            foreach ($case in @(
                    @{ Type = 'int'; Answer = 5; Expected = '5 Int32' }, @{ Type = 'int'; Answer = '-5'; Expected = '-5 Int32' }
                    @{ Type = 'long'; Answer = [long]::MaxValue; Expected = "$([long]::MaxValue) Int64" }, @{ Type = 'double'; Answer = 1e300; Expected = '1E+300 Double' }
                    @{ Type = 'decimal'; Answer = 1.25; Expected = '1.25 Decimal' }, @{ Type = 'bool'; Answer = @{ value = $true }; Expected = 'True Boolean' }
                    @{ Type = 'bigint'; Answer = [bigint]::Pow(10, 30); Expected = "$([bigint]::Pow(10, 30)) BigInteger" }
                )) {
                $global:answer = $case.Answer
                Invoke-McpTool Read-Number @{ Type = $case.Type } -Server number -InputHandler { $global:answer } | Should -Be $case.Expected
            }
        } finally {
            Remove-Item Function:/Read-Number
            Stop-McpProgressServer number
        }
    }

    It 'has no formats but those the protocol allows in a form' {
        # schema.ts, StringSchema: clients may refuse a form with any other.
        function global:Read-Typed {
            [CmdletBinding()]
            param()

            $fields = [guid], [uri], [datetime], [timespan] | ForEach-Object {
                $field = [System.Management.Automation.Host.FieldDescription]::new($_.Name)
                $field.SetParameterType($_)
                $field
            }
            $answer = $Host.UI.Prompt('', 'All of them', $fields)
            "$($answer.Guid.GetType().Name) $($answer.Guid)"
        }
        try {
            $null = Start-McpProgressServer -Http -Command Read-Typed -Connect -Name typed
            $id = (New-Guid).Guid
            $told = Invoke-McpTool Read-Typed -Server typed -InputHandler { param($question) $global:asked = $question; @{ Guid = $id; Uri = 'a:b'; DateTime = '2026-01-02T03:04:05Z'; TimeSpan = '1:00' } }
        } finally {
            Remove-Item Function:/Read-Typed
            Stop-McpProgressServer typed
        }

        $told | Should -Be "Guid $id"
        $asked.Schema.properties.PSObject.Properties.Value.format | Where-Object { $_ } | Should -Be 'uri', 'date-time'
    }

    It 'that has one field is answered by a plain value, in a task' {
        $job = Invoke-McpTool Read-Line -Server published -AsJob -InputHandler { 'Eve' }
        $job | Receive-Job -Wait -AutoRemoveJob | Should -Be 'Hello, Eve!'
        $job = Invoke-McpTool Read-Line -Server published -AsJob -Mode ExtensionTask
        Wait-Until { $job.Task.Status -eq 'InputRequired' }
        Send-McpTaskInput $job 42 -ErrorAction Stop
        $job | Receive-Job -Wait -AutoRemoveJob | Should -Be 'Hello, 42!'
    }

    It 'of Get-Credential is answered by a credential' {
        $global:credential = [pscredential]::new('ann', (ConvertTo-Secret 'four'))
        Invoke-McpTool Read-Credential -InputHandler { $global:credential } | Should -Be 'ann with 4 characters'
        $job = Invoke-McpTool Read-Credential -Server published -AsJob -Mode ExtensionTask
        Wait-Until { $job.Task.Status -eq 'InputRequired' }
        Send-McpTaskInput $job $credential -ErrorAction Stop
        $job | Receive-Job -Wait -AutoRemoveJob | Should -Be 'ann with 4 characters'
        function Get-Login { param([pscredential] $Credential) "$($Credential.UserName): $($Credential.GetNetworkCredential().Password)" }
        $login = Start-McpProgressServer -Http -Command Get-Login -Connect -Name login
        Invoke-McpTool Get-Login -Credential $credential | Should -Be 'ann: four'
        $login | Disconnect-McpServer
        Stop-McpProgressServer login
    }

    It 'has the schemas that the command gave its fields' {
        $told = Invoke-McpTool Read-Form -InputHandler { param($question) $global:asked = $question; @{ color = 'g'; sizes = 'S', 'L' } }
        $told | Should -Be 'g: S and L'
        $asked.Schema.properties.color.oneOf.title | Should -Be 'Red', 'Green'
        $asked.Schema.properties.sizes.items.enum | Should -Be 'S', 'M', 'L'
        "$((Get-Result Read-Form @{ Broken = $true } 3>$null).content.text)" | Should -BeLike "*The schema of the field 'color' cannot be read*"
    }

    It 'to confirm comes for each object' {
        $global:asked = [System.Collections.Generic.List[object]]::new()
        $kept = Invoke-McpTool Remove-Pretended @{ Name = 'a', 'b' } -InputHandler { param($question)
            $global:asked.Add($question)
            @{ choice = $question.Message -match '"a"' ? 'Yes' : 'No' }
        }
        $kept | Should -Be "removed a`nkept b"
        $asked.Count | Should -Be 2
        $asked[0].Message | Should -Match 'Performing the operation "Remove" on target "a"'
        $asked[0].Schema.properties.choice.enum | Should -Be 'Yes', 'Yes to All', 'No', 'No to All'
    }

    It 'that is declined ends the command with a clear error' {
        $result = Invoke-McpTool Read-Line -Raw -InputHandler { 'decline' }
        $result.isError | Should -BeTrue
        $result.content[0].text | Should -BeLike 'The question was not answered (decline): What is your name'
    }

    It 'that is declined ends the command at once, and its finally block runs' {
        $marker = Join-Path $TestDrive 'guarded'
        $result = Invoke-McpTool Read-Guarded @{ Marker = $marker } -Raw -InputHandler { 'cancel' }
        $result.isError | Should -BeTrue
        "$($result.content.text)" | Should -Not -BeLike '*went on*'
        $marker | Should -Exist
    }

    It 'that is cancelled lets the finally block run to its end' {
        $marker = Join-Path $TestDrive 'cancelled'
        $job = Invoke-McpTool Read-Guarded @{ Marker = $marker } -Server published -AsJob -Mode ExtensionTask
        Wait-Until { $job.Task.Status -eq 'InputRequired' }
        $job | Stop-McpTask
        Wait-Until { Test-Path -LiteralPath $marker }
        $job | Remove-Job -Force
    }

    It 'to a client that takes none is a clear error, and no hang' {
        $server = Start-McpProgressServer -Http -Path $publishedScript -Name mute
        foreach ($tool in 'Read-Line', 'Read-Choice', 'Read-Credential', 'Read-Secret') {
            $answer = @(Send-Raw $server $tool @{})[-1].error
            $answer.code | Should -Be -32021
            $answer.message | Should -BeLike "*client takes none*"
        }

        @(Send-Raw $server Remove-Pretended @{ Name = @('a') })[-1].error.code | Should -Be -32021
        Stop-McpProgressServer mute
    }

    It 'comes over HTTP, too' {
        $null = Start-McpProgressServer -Http -Path $publishedScript -Name asking -Connect
        Invoke-McpTool Read-Line -Server asking -InputHandler { @{ value = 'Bob' } } | Should -Be 'Hello, Bob!'
        Invoke-McpTool Read-Line -Server asking -InputHandler { 'Bob' } | Should -Be 'Hello, Bob!'
        Stop-McpProgressServer asking
    }

    It 'is put inside a task of kind <_>' -ForEach 'ExtensionTask', 'Call' {
        $job = Invoke-McpTool Read-Line -Server published -AsJob -Mode $_ -InputHandler { @{ value = 'Eve' } }
        $job | Wait-Job -Timeout 60 | Receive-Job | Should -Be 'Hello, Eve!'
        $job | Remove-Job
    }
}
