# Invoke-McpTool with the tool's arguments as parameters: they come from the tool's schema.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')

    function Show-Own {
        param([ValidateSet('low', 'very high', '2.10')][string] $Level, [switch] $Force, [string[]] $List, [string] $Server, [string] $Verbose, [string] $Na, [int] $Other, [string] $Id)
        ($PSBoundParameters.GetEnumerator() | Sort-Object Key | ForEach-Object { "$($_.Key)=$($_.Value -join '+')" }) -join ' '
    }

    $null = Start-McpProgressServer -Http -Command Show-Own -Connect -Name own
    $null = Connect-Faulty error-result
    $sample = Connect-Sample

    function Get-Dynamic([object[]] $ArgumentList) {
        (Get-Command Invoke-McpTool -ArgumentList $ArgumentList).Parameters.Values | Where-Object IsDynamic
    }
}

AfterAll {
    Disconnect-All
}

Describe 'The arguments of a tool as parameters' {
    It 'are the arguments of the call' {
        Invoke-McpTool download_file -filename big.iso -size_mb 5 | Should -BeExactly 'Successfully downloaded big.iso (5MB)'
        Invoke-McpTool -SIZE_MB '2' -file f download_file -Server sample | Should -BeExactly 'Successfully downloaded f (2MB)'
        (Invoke-McpTool process_items -items a, b -Server $sample).results | Should -BeExactly 'A', 'B'
    }

    It 'can be splatted' {
        $arguments = @{ filename = 'a'; size_mb = 1 }
        Invoke-McpTool download_file @arguments | Should -BeExactly 'Successfully downloaded a (1MB)'
    }

    It 'are texts as they were typed where the schema says string' {
        foreach ($typed in '007', '2.10', '0x10', '1e3', '1kb', '-5') {
            & ([scriptblock]::Create("Invoke-McpTool echo -text $typed -Server sample")) | Should -BeExactly $typed
        }

        $number = 7.5
        Invoke-McpTool echo -text $number -Server sample | Should -BeExactly '7.5'
        Invoke-McpTool download_file -filename 08 -size_mb 010 -Server sample | Should -BeExactly 'Successfully downloaded 08 (10MB)'
    }

    It 'are texts as they were typed where the schema says in another way that it is one' {
        Invoke-McpTool arguments -serial 007 -edition 2.10 -shade 1e5 -colour 1e5 -Server error-result |
            Should -BeExactly '{"serial":"007","edition":"2.10","shade":"1e5","colour":"1e5"}'
        Invoke-McpTool arguments -either 010 -size 2.50 -Server error-result | Should -BeExactly '{"either":10,"size":2.5}'
    }

    It 'have id among them, which is no beginning of -IdleTimeoutSec' {
        Invoke-McpTool Show-Own -Server own -id 007 -Other 1 | Should -BeExactly 'Id=007 Other=1'
        Invoke-McpTool Show-Own -Server own -id 12345e7 | Should -BeExactly 'Id=12345e7'
        Invoke-McpTool arguments -id 0x10 -Server error-result | Should -BeExactly '{"id":16}'
        $arguments = @{ id = 5 }
        Invoke-McpTool Show-Own -Server own @arguments | Should -BeExactly 'Id=5'
        [pscustomobject]@{ other = 2; id = 3 } | Invoke-McpTool Show-Own -Server own -Id 4 | Should -BeExactly 'Id=4 Other=2'
        $failure = Get-Failure { Invoke-McpTool echo -text a -id 5 -Server sample }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        "$failure" | Should -BeLike "'echo' has no argument 'id', but text. Nothing was sent."
    }

    It 'work with -AsJob' {
        $job = Invoke-McpTool download_file -filename j -size_mb 1 -AsJob
        $null = Wait-McpTask $job
        Receive-Job $job | Should -BeExactly 'Successfully downloaded j (1MB)'
        Remove-Job $job
    }

    It 'are switches where the schema says boolean' {
        Invoke-McpTool Show-Own -Server own -Force -Level low | Should -BeExactly 'Force=True Level=low'
        Invoke-McpTool Show-Own -Server own -Force:$false | Should -BeExactly 'Force=False'
        (Get-Dynamic Show-Own, -Server, own | Where-Object Name -EQ force).ParameterType | Should -Be ([switch])
    }

    It 'are not given together with -Argument, which what follows a switch would be' {
        $failure = Get-Failure { Invoke-McpTool Show-Own -Server own -Force $false }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        "$failure" | Should -Match '-name:\$false'
    }

    It 'are checked by the schema: <Says>' -ForEach @(
        @{ Arguments = @{ filename = 'f'; size_mb = 'large' }; Says = 'size_mb.*large.*integer' }
        @{ Arguments = @{ filename = 'f' }; Says = "'size_mb'" }
    ) {
        $failure = Get-Failure { Invoke-McpTool download_file @Arguments }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        "$failure" | Should -Match $Says
    }

    It 'have the schema''s description as their help' {
        (Get-Dynamic download_file).Name | Should -Be 'filename', 'size_mb'
        $described = (Get-McpTool download_file).InputSchema.properties.filename.description
        (Get-Dynamic download_file)[0].Attributes.HelpMessage | Should -Be $described
    }

    It 'are none that the cmdlet has, or takes for the beginning of one it has' {
        (Get-Dynamic Show-Own, -Server, own).Name | Should -Be 'Level', 'Force', 'List', 'Other'
        Invoke-McpTool Show-Own -Server own -Other 3 -Verbose 4>$null | Should -BeExactly 'Other=3'
        Invoke-McpTool Show-Own -Server own @{ Server = 's'; Other = 3 } | Should -BeExactly 'Other=3 Server=s'
    }

    It 'are the same for each piped object, and win over a property of their name' {
        'a', 'b' | Invoke-McpTool download_file -size_mb 1 | Should -BeExactly 'Successfully downloaded a (1MB)', 'Successfully downloaded b (1MB)'
        [pscustomobject]@{ Na = 'x' }, @{ na = 'y'; OTHER = 1 } | Invoke-McpTool Show-Own -Server own -Other 4 -Level low |
            Should -BeExactly 'Level=low Na=x Other=4', 'Level=low Na=y Other=4'
        'a', 'b' | Invoke-McpTool download_file -size_mb 1 -ThrottleLimit 2 | Should -HaveCount 2
    }

    It 'are not those of a piped connection or tool, which is known too late' {
        (Get-Failure { $sample | Invoke-McpTool echo -text a -Server sample }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        (Get-Failure { $sample | Invoke-McpTool echo -text a -Server own }).FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        (Get-Failure { Get-McpTool echo -Server sample | Invoke-McpTool -text a }).FullyQualifiedErrorId | Should -BeLike 'NamedParameterNotFound,*'
    }

    It 'are none where -Argument is given, or no tool is named' {
        Get-Dynamic download_file, @{} | Should -BeNullOrEmpty
        Get-Dynamic @() | Should -BeNullOrEmpty
        foreach ($script in { Invoke-McpTool download_file @{ size_mb = 1 } -filename a }, { 'a' | Invoke-McpTool download_file @{ size_mb = 1 } -size_mb 1 }) {
            (Get-Failure $script).FullyQualifiedErrorId | Should -BeLike 'NamedParameterNotFound,*'
        }
    }

    It 'that the tool does not have are NamedParameterNotFound' {
        (Get-Failure { Invoke-McpTool download_file -nonsense 1 }).FullyQualifiedErrorId | Should -BeLike 'NamedParameterNotFound,*'
    }

    It 'leave it to the call to say that there is no connection or no such tool' {
        $apart = Invoke-Apart 'Invoke-McpTool download_file; Invoke-McpTool download_file -filename a -size_mb 5; $a = @{ filename = 1 }; Invoke-McpTool x @a'
        $apart.Errors.Count | Should -Be 3
        $apart.Errors.FullyQualifiedErrorId | Should -BeLike 'McpServerNotFound,*'

        $failure = Get-Failure { Invoke-McpTool downlod_file -filename a }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpToolNotFound,*'
        "$failure" | Should -Match 'download_file'
        (Get-Failure { Invoke-McpTool download_file -filename a -Server nowhere }).FullyQualifiedErrorId | Should -BeLike 'McpServerNotFound,*'
    }
}
