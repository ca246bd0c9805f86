# What published commands put out, as text and structuredContent.

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')
    $null = Connect-Published
}

AfterAll {
    Disconnect-All
}

Describe 'The output' {
    It 'of one object is that object, as JSON text and as structuredContent' {
        $result = Get-Result Copy-Sample @{ Source = 'here' }
        $result.content.Count | Should -Be 1
        $result.content[0].text | Should -Be '{"Source":"here","Copied":4}'
        $result.structuredContent.Copied | Should -Be 4
        $result.isError | Should -BeFalse
    }

    It 'of several objects is a list' {
        $result = Get-Result Get-Big @{ Items = 3 }
        $result.structuredContent.result.Number | Should -Be 1, 2, 3
        ($result.content[0].text | ConvertFrom-Json).Count | Should -Be 3
    }

    It 'of several objects comes through Invoke-McpTool one by one' {
        Invoke-McpTool Get-Big @{ Items = 3 } | Where-Object Number -EQ 2 | Should -HaveCount 1
        Invoke-McpTool Get-Square @{ Number = 2, 3 } | ForEach-Object { $_ + 1 } | Should -Be 5, 10
        (Invoke-McpTool Get-Square @{ Number = 2 }) | Should -Be 4
        (Invoke-McpTool Copy-Sample @{ Source = 'here' }).Copied | Should -Be 4
        (Get-Result Copy-Sample @{ Source = 'here' }).content[0].PSObject.Properties.Name | Should -Be 'type', 'text'
    }

    It 'of several objects comes from a job one by one' {
        $job = Invoke-McpTool Get-Big @{ Items = 3 } -AsJob
        $job | Receive-Job -Wait -AutoRemoveJob | Where-Object Number -EQ 2 | Should -HaveCount 1
    }

    It 'of pictures, sounds and resources is content of its own' {
        $result = Get-Result Show-Media
        $result.content.type | Should -Be 'text', 'image', 'audio', 'resource', 'resource_link'
        $result.content[0].text | Should -Be 'A picture and more'
        $result.content[1].data | Should -Be 'AQID'
        $result.content[1].mimeType | Should -Be 'image/png'
        $result.content[2].data | Should -Be 'BAU='
        $result.content[3].resource.text | Should -Be 'inside'
        $result.content[4].uri | Should -Be 'test://b'
        (Get-Result Show-Media @{ Broken = $true }).content.type | Should -Be 'text', 'image', 'resource', 'resource_link'
    }

    It 'that another tool put out goes on as it is' {
        # What Invoke-McpTool hands back has the type names that a published command may put out.
        $media = @(Invoke-McpTool Show-Media)
        $media[1].PSObject.TypeNames | Should -Contain 'McpProgress.McpMedia'
        $media[3].PSObject.TypeNames | Should -Contain 'McpProgress.McpResource'
    }

    It 'of text is the text' {
        $result = Get-Result Remove-Pretended @{ Name = 'x' } -ErrorAction Ignore
        $result = Get-Result Exit-Script @{ Code = 0 }
        $result.content[0].text | Should -Be 'before the exit'
        $result.structuredContent | Should -BeNullOrEmpty
    }

    It 'of a declared plain type is a list, as the output schema says' {
        $schema = (Get-McpTool Get-Square).OutputSchema
        $schema.properties.result.type | Should -Be 'array'
        $schema.properties.result.description | Should -BeLike '* of type int.'
        (Get-Result Get-Square @{ Number = 2, 3 }).structuredContent.result | Should -Be 4, 9
    }

    It 'that is not what [OutputType] says comes as it is, and fits the output schema' {
        (Get-McpTool Get-Wrong).OutputSchema.properties.result.PSObject.Properties.Name | Should -Not -Contain 'items'
        $result = Get-Result Get-Wrong
        $result.isError | Should -BeFalse
        ConvertTo-Json $result.structuredContent.result -Compress | Should -BeExactly '["not a number","1,5","4",3.7,false,null,{"A":1},[1,2]]'
    }

    It 'of Format-Table is the table' {
        (Get-Result Get-Table).content[0].text | Should -Match 'Name Size\n-+ -+\none +1\ntwo +2'
    }

    It 'has no escape sequences' {
        (Get-Result Write-Colored).content[0].text | Should -Be 'red text'
    }

    It 'nested deeply is cut with a note' {
        $result = Get-Result Get-Deep @{ Depth = 20 }
        $result.structuredContent.Inner.Inner.Inner.Level | Should -Be 17
        $result.content[1].text | Should -BeLike 'Note: *nested too deeply*'
    }

    It 'of any size is cut with a note' {
        $result = Get-Result Get-Big @{ Items = 150000 }
        $result.content[0].text.Length | Should -BeLessThan 9MB
        $result.content[1].text | Should -Match '^Note: The output was cut at 8 MiB; \d+ objects'
        $result.structuredContent.result.Count | Should -BeGreaterThan 10000
    }

    It 'of the first and last times there are is text, in every time zone' {
        $file = Join-Path $TestDrive 'times.ps1'
        Set-Content $file 'function Get-Time { [CmdletBinding()] param() [pscustomobject]@{ Never = [datetime]::MinValue; Ever = [datetime]::MaxValue; Day = [datetime] "2026-03-04" } }'
        foreach ($zone in 'Asia/Tokyo', 'America/New_York') {
            $before, $env:TZ = $env:TZ, $zone
            try {
                $server = Connect-Published "-Path '$file'" $zone
            } finally {
                $env:TZ = $before
            }

            $text = (Get-Result Get-Time -Server $server).content.text
            $text | Should -Match '"Never":"0001-01-01T00:00:00.0000000","Ever":"9999-12-31T23:59:59.9999999"'
            $text | Should -Match '"Day":"2026-03-04T00:00:00.0000000[+-]'
            Disconnect-McpServer $server
        }
    }

    It 'of a property that holds the output of a command which had none is null' {
        function global:Get-Nothing {
            [CmdletBinding()]
            param()

            [pscustomobject]@{ Found = Get-Item no-such-file-* -ErrorAction Ignore; List = @(& { }) } | Add-Member -PassThru ScriptProperty Late { }
            @{ Key = & { } }
        }
        try {
            $null = Start-McpProgressServer -Http -Command Get-Nothing -Connect -Name nothing
            (Get-Result Get-Nothing -Server nothing).content.text | Should -Be '[{"Found":null,"List":[],"Late":null},{"Key":null}]'
        } finally {
            Remove-Item Function:/Get-Nothing
            Stop-McpProgressServer nothing
        }
    }

    It 'of a rarer number or time is that, and not an object' {
        function global:Get-Rare {
            [CmdletBinding()]
            param()

            [pscustomobject]@{
                None = [Half]::NaN; Endless = [double]::NegativeInfinity; Half = [Half] 1.5; Wide = [Int128] 5; Unsigned = [UInt128]::MaxValue
                Pointer = [IntPtr] 7; Day = [DateOnly] '2026-01-02'; Time = [TimeOnly] '10:11'
            }
            [Int128] 9
        }
        try {
            $null = Start-McpProgressServer -Http -Command Get-Rare -Connect -Name rare
            $result = Get-Result Get-Rare -Server rare
        } finally {
            Remove-Item Function:/Get-Rare
            Stop-McpProgressServer rare
        }

        $result.content.text | Should -Be ('[{"None":"NaN","Endless":"-Infinity","Half":1.5,"Wide":5,"Unsigned":340282366920938463463374607431768211455,' +
            '"Pointer":7,"Day":"2026-01-02","Time":"10:11:00.0000000"},"9"]')
    }

    It 'of a .NET object is its plain properties, without the rest of the machine' {
        $null = Start-McpProgressServer -Http -Command Get-Item -Connect -Name items
        $result = Get-Result Get-Item @{ Path = $root } -Server items
        $result.structuredContent.Name | Should -Be (Split-Path $root -Leaf)
        $result.structuredContent.PSObject.Properties.Name | Should -Not -Contain 'PSProvider'
        $result.content[0].text.Length | Should -BeLessThan 3000
        $readme = Join-Path $root README.md
        (Get-Result Get-Item @{ Path = $readme } -Server items).structuredContent.FullName | Should -Be $readme
        Stop-McpProgressServer items
    }
}
