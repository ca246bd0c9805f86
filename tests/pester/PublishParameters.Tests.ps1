# What random definitions and arguments found (PublishProperties.Tests.ps1), an example of each.
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSReviewUnusedParameter', '', Justification = 'Only the definitions matter.')]
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSAvoidUsingPlainTextForPassword', '', Justification = 'Only the definitions matter.')]
[Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSAvoidNullOrEmptyHelpMessageAttribute', '', Justification = 'PowerShell cannot read it: that is what is tested.')]
param()

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')

    function global:Show-Edge {
        [CmdletBinding()]
        param(
            [Parameter(Mandatory)][ValidateLength(0, 5)][string] $Short,
            [Parameter(Mandatory)][ValidateCount(0, 3)][int[]] $Few,
            [Parameter(Mandatory)][AllowEmptyString()][string[]] $Blank,
            [Parameter(Mandatory)][string[]] $Words,
            [ValidateNotNullOrEmpty()][string[]] $Full,
            [ValidateNotNullOrEmpty()][hashtable] $Map,
            [ValidateLength(0, 5)][ValidateNotNullOrEmpty()][string] $Some,
            [ValidateSet('a', 'a', 'b')][string] $Choice,
            [ValidateRange(1, 1000)][byte] $Small,
            [ValidatePattern('^\d\d/', Options = 'None')][datetime] $When,
            [ValidatePattern('^\P{L}$', Options = 'None')][string] $Letter,
            [int] $Written = '4',
            [int[]] $Single = 5,
            [string] $Number = 5,
            [System.DayOfWeek] $Day = 'friday',
            [ValidateRange(1, 9)][int] $Outside = 0,
            [int] $Word = 'word',
            [string[]] $Parts = -split 'a b',
            [securestring[]] $Secrets = 'hidden',
            [int[, ]] $Grid,
            [System.Collections.Generic.Dictionary[string, int]] $Counts
        )
    }

    function global:Get-Either {
        [CmdletBinding(DefaultParameterSetName = 'Name')]
        param(
            [Parameter(Mandatory, ParameterSetName = 'Name')][string] $Name,
            [Parameter(Mandatory, ParameterSetName = 'Code')][scriptblock] $Code,
            [Parameter(ParameterSetName = 'Code')][switch] $Fast
        )

        "$Name"
    }

    function global:Test-Broken { [CmdletBinding()] param([Parameter(HelpMessage = '')][string] $Name) "$Name" }

    function global:Show-Value {
        [CmdletBinding()]
        param(
            [double] $Double, [bigint] $Big, [object] $Any, [System.IO.FileAttributes] $Flags, [timespan] $Span, [securestring] $Secret,
            [System.Collections.Generic.IEnumerable[string]] $Items, [System.Collections.Generic.IReadOnlyList[int]] $List,
            [System.Collections.Generic.Dictionary[string, int]] $Counts, [System.Collections.Generic.IDictionary[string, string]] $Texts,
            [System.Collections.Specialized.OrderedDictionary] $Ordered, [string] ${-Dash}
        )

        $value = @($PSBoundParameters.Values)[0]
        $shown = if ($value -is [securestring]) { $value.Length }
        elseif ($value -is [System.Collections.IDictionary]) { foreach ($key in $value.Keys) { "$key=$($value[$key])" } }
        elseif ($value -is [double]) { $value.ToString('R', [cultureinfo]::InvariantCulture) }
        else { $value }
        "$(@($PSBoundParameters.Keys)[0]): $shown"
    }

    function global:Test-Pattern {
        [CmdletBinding()]
        param(
            [ValidatePattern('^(a+)+$', Options = 'None')][string] $Said,
            [ValidatePattern('^(a+)+$')][string] $Noted,
            [ValidatePattern('^(a+)+$')][string[]] $Each,
            [ValidatePattern('^@{x=(a+)+}$')][object] $Any
        )

        "$(@($PSBoundParameters.Keys)[0]) matches"
    }

    $remarks = @()
    $server = Start-McpProgressServer -Http -Command Show-Edge, Get-Either, Show-Value, Test-Broken, Test-Pattern -Connect -Name edges -WarningVariable remarks -WarningAction SilentlyContinue
    $published = (Get-McpTool Show-Edge).InputSchema

    function Send-Argument {
        <# .SYNOPSIS Calls Show-Value with arguments as they are written, past the client's own checks; returns the result's text. #>
        param([string] $Json)

        $answer = Send-Raw (Get-McpProgressServer edges) Show-Value $Json
        $answer.error ? "error: $($answer.error.message)" : $answer.result.content[0].text
    }
}

AfterAll {
    Disconnect-All
    Remove-Item Function:/Show-Edge, Function:/Get-Either, Function:/Show-Value, Function:/Test-Broken, Function:/Test-Pattern
}

Describe 'A definition' {
    It 'that PowerShell cannot read is left out, and the others are not' {
        Get-McpTool Test-Broken -ErrorAction Ignore | Should -BeNullOrEmpty
        "$remarks" | Should -BeLike "*'Test-Broken' is not published: *HelpMessage*"
        Get-McpTool Show-Edge | Should -Not -BeNullOrEmpty
    }

    It 'offers nothing that only a parameter set has which cannot be called' {
        (Get-McpTool Get-Either).InputSchema.properties.PSObject.Properties.Name | Should -Be 'Name'
    }
}

Describe 'The schema of a parameter' {
    It '<Name> says <Schema>: <Why>' -ForEach @(
        @{ Name = 'Short'; Schema = '{"type":"string","minLength":1,"maxLength":5}'; Why = 'what is mandatory is not empty, whatever its least length' }
        @{ Name = 'Few'; Schema = '{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":3}'; Why = 'nor is a list' }
        @{ Name = 'Words'; Schema = '{"type":"array","items":{"type":"string","minLength":1},"minItems":1}'; Why = 'nor is an element of one' }
        @{ Name = 'Blank'; Schema = '{"type":"array","items":{"type":"string"},"minItems":1}'; Why = 'unless it may be' }
        @{ Name = 'Full'; Schema = '{"type":"array","items":{"type":"string","minLength":1},"minItems":1}'; Why = 'ValidateNotNullOrEmpty is of the elements too' }
        @{ Name = 'Map'; Schema = '{"type":"object","minProperties":1}'; Why = 'and of a table' }
        @{ Name = 'Some'; Schema = '{"type":"string","minLength":1,"maxLength":5}'; Why = 'in whichever order the attributes stand' }
        @{ Name = 'Choice'; Schema = '{"type":"string","enum":["a","b"]}'; Why = 'a choice is given once' }
        @{ Name = 'Small'; Schema = '{"type":"integer","minimum":1,"maximum":255}'; Why = 'a range does not widen the type' }
        @{ Name = 'When'; Schema = '{"type":"string","format":"date-time","description":"Must match the regular expression ^\\d\\d/."}'; Why = 'what is matched is PowerShell''s writing of the date, not the caller''s' }
        @{ Name = 'Letter'; Schema = '{"type":"string","description":"Must match the regular expression ^\\P{L}$."}'; Why = 'ECMAScript has no \P{L} without a flag' }
        @{ Name = 'Written'; Schema = '{"type":"integer","default":4}'; Why = 'a default is of the type' }
        @{ Name = 'Single'; Schema = '{"type":"array","items":{"type":"integer"},"default":[5]}'; Why = 'a list''s is a list' }
        @{ Name = 'Number'; Schema = '{"type":"string","default":"5"}'; Why = 'a text''s is a text' }
        @{ Name = 'Outside'; Schema = '{"type":"integer","minimum":1,"maximum":9}'; Why = 'a default that a caller could not send is none' }
        @{ Name = 'Word'; Schema = '{"type":"integer"}'; Why = 'nor is one of another type' }
        @{ Name = 'Parts'; Schema = '{"type":"array","items":{"type":"string"}}'; Why = 'nor is what has to be run' }
        @{ Name = 'Secrets'; Schema = '{"type":"array","items":{"type":"string","format":"password","writeOnly":true}}'; Why = 'secrets are not told' }
        @{ Name = 'Counts'; Schema = '{"type":"object","additionalProperties":{"type":"integer"}}'; Why = 'a dictionary''s values have a type' }
    ) {
        $actual = $published.properties.$Name
        $expected = $Schema | ConvertFrom-Json
        @($actual.PSObject.Properties.Name | Sort-Object) | Should -Be @($expected.PSObject.Properties.Name | Sort-Object)
        foreach ($member in $expected.PSObject.Properties) {
            ConvertTo-Json $actual.($member.Name) -Compress -Depth 5 | Should -Be (ConvertTo-Json $member.Value -Compress -Depth 5)
        }
    }

    It 'of an enumeration has a default as the enumeration spells it' {
        $published.properties.Day.default | Should -BeExactly 'Friday'
    }

    It 'is none where no JSON becomes the type' {
        $published.properties.PSObject.Properties.Name | Should -Not -Contain 'Grid'
    }

    It 'is none where PowerShell cannot find the parameter' {
        (Get-McpTool Show-Value).InputSchema.properties.PSObject.Properties.Name | Should -Not -Contain '-Dash'
    }
}

Describe 'The value' {
    It '<Json> arrives as <Expected>' -ForEach @(
        @{ Json = '{"Double":6.62607015e-34}'; Expected = 'Double: 6.62607015E-34' }
        @{ Json = '{"Double":1.234567890123e-20}'; Expected = 'Double: 1.234567890123E-20' }
        @{ Json = '{"Any":6.62607015e-34}'; Expected = 'Any: 6.62607015E-34' }
        @{ Json = '{"Big":123456789012345678901234567890123456789}'; Expected = 'Big: 123456789012345678901234567890123456789' }
        @{ Json = '{"Flags":[]}'; Expected = 'Flags: None' }
        @{ Json = '{"Flags":["Hidden","System"]}'; Expected = 'Flags: Hidden, System' }
        @{ Json = '{"Items":["a","b"]}'; Expected = 'Items: a b' }
        @{ Json = '{"List":[1,2]}'; Expected = 'List: 1 2' }
        @{ Json = '{"Counts":{"a":1,"A":2}}'; Expected = 'Counts: a=1 A=2' }
        @{ Json = '{"Texts":{"a":"b"}}'; Expected = 'Texts: a=b' }
        @{ Json = '{"Ordered":{"z":1,"a":[2,3]}}'; Expected = 'Ordered: z=1 a=2 3' }
    ) {
        Send-Argument $Json | Should -BeExactly $Expected
    }

    It '<Json> is refused: <Expected>' -ForEach @(
        @{ Json = '{"Span":"P99999999999D"}'; Expected = '*P99999999999D*' }
        @{ Json = '{"Any":{"psobject":1}}'; Expected = "*'psobject'*" }
        @{ Json = '{"Any":[{"PSTypeNames":1}]}'; Expected = "*'PSTypeNames'*" }
        @{ Json = '{"Counts":{"a":"b"}}'; Expected = "*'Counts.a'*integer*" }
        @{ Json = '{"Counts":{"a":3000000000}}'; Expected = '*3000000000*' }
    ) {
        $text = Send-Argument $Json
        $text | Should -BeLike $Expected
        $text | Should -Not -Match '^error|unexpected'
    }

    It 'that is too long for a secure string is refused' {
        Send-Argument "{`"Secret`":`"$('x' * 65536)`"}" | Should -Be 'Secret: 65536'
        Send-Argument "{`"Secret`":`"$('x' * 65537)`"}" | Should -BeLike "*'Secret'*65536*"
    }
}

Describe 'A text that a pattern takes for ever to match' {
    It 'is refused for <Name>' -ForEach @(
        @{ Name = 'Said'; Value = "$('a' * 40)!" }
        @{ Name = 'Noted'; Value = "$('a' * 40)!" }
        @{ Name = 'Each'; Value = 'a', "$('a' * 40)!" }
        @{ Name = 'Any'; Value = @{ x = "$('a' * 40)!" } }
    ) {
        $result = Invoke-McpTool Test-Pattern @{ $Name = $Value } -Server $server -Raw -TimeoutSec 20
        $result.isError | Should -BeTrue
        $result.content[0].text | Should -BeLike "The argument '$Name': it takes too long to match*(a+)+*"
    }

    It 'keeps no other text from <Name>' -ForEach @(
        @{ Name = 'Said'; Value = 'a' * 40 }
        @{ Name = 'Noted'; Value = 'A' * 40 }
        @{ Name = 'Each'; Value = 'a', 'aa' }
        @{ Name = 'Any'; Value = @{ x = 'a' } }
    ) {
        Invoke-McpTool Test-Pattern @{ $Name = $Value } -Server $server | Should -Be "$Name matches"
    }
}
