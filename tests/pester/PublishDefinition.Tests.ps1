# How a command's definition becomes a tool's.

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')
    $server = Start-McpProgressServer -Http -Path (Join-Path $publishedFolder 'definitions.ps1') -Connect -Name definitions -WarningVariable remarks -WarningAction SilentlyContinue
    $everything = Get-McpTool Show-Everything
    $properties = $everything.InputSchema.properties
}

AfterAll {
    Disconnect-All
}

Describe 'The tool' {
    It 'is named and described as the command' {
        $everything.Description | Should -Be "Shows every kind of parameter.`n`nA longer text`nof two lines."
    }

    It 'has the output schema of a plain [OutputType]' {
        $everything.OutputSchema.properties.result.description | Should -BeLike '* of type string.'
        (Get-McpTool Get-ByNameOrId).OutputSchema | Should -BeNullOrEmpty
    }

    It 'is not published when a mandatory parameter takes code' {
        Get-McpTool Invoke-Code -ErrorAction Ignore | Should -BeNullOrEmpty
        "$remarks" | Should -BeLike "*'Invoke-Code' is not published: its mandatory parameter 'Code' takes*"
    }

    It 'hints of <Name> are readOnly <Reads>, destructive <Destroys>' -ForEach @(
        @{ Name = 'Show-Everything'; Reads = $true; Destroys = $false }
        @{ Name = 'Get-ByNameOrId'; Reads = $true; Destroys = $false }
        @{ Name = 'Remove-Thing'; Reads = $false; Destroys = $true }
        @{ Name = 'New-Thing'; Reads = $false; Destroys = $false }
        @{ Name = 'Set-Thing'; Reads = $false; Destroys = $null }
    ) {
        $hints = (Get-McpTool $Name).Annotations
        $hints.readOnlyHint | Should -Be $Reads
        $hints.destructiveHint | Should -Be $Destroys
    }
}

Describe 'The parameter' {
    It '<Name> is <Schema>' -ForEach @(
        @{ Name = 'Name'; Schema = '{"type":"string","minLength":1,"description":"The name to show."}' }
        @{ Name = 'Count'; Schema = '{"type":"integer","minimum":1,"maximum":10,"description":"How many.","default":3}' }
        @{ Name = 'Color'; Schema = '{"type":"string","enum":["red","green"],"default":"red"}' }
        @{ Name = 'Code'; Schema = '{"type":"string","minLength":2,"maxLength":5}' }
        @{ Name = 'Digits'; Schema = '{"type":"string","pattern":"^[0-9-]+$"}' }
        @{ Name = 'Letters'; Schema = '{"type":"string","description":"Must match the regular expression ^[a-z]+$, ignoring case."}' }
        @{ Name = 'Tags'; Schema = '{"type":"array","items":{"type":"string","enum":["a","b"]},"minItems":1,"maxItems":3}' }
        @{ Name = 'When'; Schema = '{"type":"string","format":"date-time"}' }
        @{ Name = 'Link'; Schema = '{"type":"string","format":"uri"}' }
        @{ Name = 'Id'; Schema = '{"type":"string","format":"uuid"}' }
        @{ Name = 'Secret'; Schema = '{"type":"string","format":"password","writeOnly":true}' }
        @{ Name = 'Map'; Schema = '{"type":"object"}' }
        @{ Name = 'Thing'; Schema = '{"type":"object"}' }
        @{ Name = 'Anything'; Schema = '{}' }
        @{ Name = 'Factor'; Schema = '{"type":"number","default":1.5}' }
        @{ Name = 'Maybe'; Schema = '{"type":"integer"}' }
        @{ Name = 'Flag'; Schema = '{"type":"boolean","default":true}' }
        @{ Name = 'Quick'; Schema = '{"type":"boolean"}' }
        @{ Name = 'Small'; Schema = '{"type":"integer","minimum":0,"maximum":255}' }
        @{ Name = 'Numbers'; Schema = '{"type":"array","items":{"type":"integer"},"default":[1,2]}' }
        @{ Name = 'Where'; Schema = '{"type":"string"}' }
        @{ Name = 'File'; Schema = '{"type":["string","object"]}' }
    ) {
        # Compared as a set: the order of a schema's members says nothing.
        $actual = $properties.$Name
        $expected = $Schema | ConvertFrom-Json
        @($actual.PSObject.Properties.Name | Sort-Object) | Should -Be @($expected.PSObject.Properties.Name | Sort-Object)
        foreach ($member in $expected.PSObject.Properties) {
            ConvertTo-Json $actual.($member.Name) -Compress -Depth 5 | Should -Be (ConvertTo-Json $member.Value -Compress -Depth 5)
        }
    }

    It 'of an enumeration lists its names, flags as a list' {
        $properties.Day.enum | Should -Contain 'Monday'
        $properties.Attributes.items.enum | Should -Contain 'ReadOnly'
    }

    It 'of a credential has a user name and a secret password' {
        $properties.Credential.required | Should -Be 'userName', 'password'
        $properties.Credential.properties.password.writeOnly | Should -BeTrue
    }

    It '<_> is not offered' -ForEach 'Block', 'Internal', 'Verbose', 'ErrorAction', 'ProgressAction', 'OutVariable', 'WhatIf' {
        $properties.PSObject.Properties.Name | Should -Not -Contain $_
        (Get-McpTool Set-Thing).InputSchema.properties.PSObject.Properties.Name | Should -Not -Contain $_
    }

    It 'is required when it is mandatory, and no other is taken' {
        $everything.InputSchema.required | Should -Be 'Name'
        $everything.InputSchema.additionalProperties | Should -BeFalse
    }
}

Describe 'Parameter sets' {
    It 'that exclude each other are alternatives' {
        $schema = (Get-McpTool Get-ByNameOrId).InputSchema
        $schema.oneOf.title | Should -Be 'Name', 'Id'
        $schema.oneOf[0].required | Should -Be 'Name'
        $schema.oneOf[0].properties.Id | Should -BeFalse
        $schema.oneOf[0].properties.Strict | Should -BeFalse
        $schema.required | Should -BeNullOrEmpty
    }

    It 'are chosen by what is given' {
        Invoke-McpTool Get-ByNameOrId @{ Id = 1; Common = 'x' } | Should -Be 'Id'
        Invoke-McpTool Get-ByNameOrId @{ Name = 'a' } | Should -Be 'Name'
    }

    It 'of a command with one set only are not mentioned' {
        $everything.InputSchema.oneOf | Should -BeNullOrEmpty
    }
}

Describe 'A value' {
    It 'of every kind is bound as PowerShell binds it' {
        $result = Start-McpProgressServer -Http -Command Show-Bound -Connect -Name bound | ForEach-Object {
            Invoke-McpTool Show-Bound -Server bound @{
                When = '2026-01-02T03:04:05Z'; Secret = 's3cret'; Credential = @{ userName = 'u'; password = 'pw' }; Map = @{ a = 1; b = @(1, 2) }
                Thing = @{ x = @{ y = 'z' } }; Day = 'monday'; Span = 'PT1M30S'; Numbers = 1, 2; Attributes = 'ReadOnly', 'Hidden'; Quick = $true; Exact = 12345678901234567890
            }
        }
        $result.When | Should -Be 'DateTime 2026-01-02T03:04:05.0000000Z'
        $result.Secret | Should -Be 'SecureString s3cret'
        $result.Credential | Should -Be 'PSCredential u pw'
        $result.Map | Should -Be 'Hashtable 2'
        $result.Thing | Should -Be 'z'
        $result.Day | Should -Be 'DayOfWeek Monday'
        $result.Span | Should -Be 'TimeSpan 00:01:30'
        $result.Numbers | Should -Be 'Int32[] 1 2'
        $result.Attributes | Should -Be 'FileAttributes ReadOnly, Hidden'
        $result.Quick | Should -BeTrue
        $result.Exact | Should -Be 'UInt64 12345678901234567890'
        Stop-McpProgressServer bound
    }

    BeforeAll {
        function global:Show-Bound {
            [CmdletBinding()]
            param(
                [datetime] $When, [securestring] $Secret, [pscredential] $Credential, [hashtable] $Map, [psobject] $Thing, [System.DayOfWeek] $Day,
                [timespan] $Span, [int[]] $Numbers, [System.IO.FileAttributes] $Attributes, [switch] $Quick, [uint64] $Exact
            )

            [pscustomobject]@{
                When       = "$($When.GetType().Name) $($When.ToUniversalTime().ToString('O'))"
                Secret     = "$($Secret.GetType().Name) $([System.Net.NetworkCredential]::new('', $Secret).Password)"
                Credential = "$($Credential.GetType().Name) $($Credential.UserName) $($Credential.GetNetworkCredential().Password)"
                Map        = "$($Map.GetType().Name) $($Map.B.Count)"
                Thing      = $Thing.x.y
                Day        = "$($Day.GetType().Name) $Day"
                Span       = "$($Span.GetType().Name) $Span"
                Numbers    = "$($Numbers.GetType().Name) $Numbers"
                Attributes = "$($Attributes.GetType().Name) $Attributes"
                Quick      = $Quick.IsPresent
                Exact      = "$($Exact.GetType().Name) $Exact"
            }
        }
    }

    AfterAll {
        Remove-Item Function:/Show-Bound
    }
}
