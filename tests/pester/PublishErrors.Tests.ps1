# Errors of published commands, and callers' mistakes: each has a clear outcome, and the server lives on.

BeforeAll {
    . (Join-Path $PSScriptRoot 'PublishServers.ps1')
    $null = Connect-Published
}

AfterAll {
    Disconnect-All
}

Describe 'A terminating error' {
    It 'is the result: message, category and id, and no path of this machine' {
        $result = Get-Result Stop-Early
        $result.isError | Should -BeTrue
        $result.content[0].text | Should -Be 'Nothing is at secret.txt [OperationStopped]'
        $result.content[1].text | Should -Be 'before' -Because 'what came before is not lost'
        "$($result.content.text)" | Should -Not -Match ([regex]::Escape($publishedFolder))
    }

    It 'that is very long is told in short, unless the whole result is asked for' {
        $failure = Get-Failure { Invoke-McpTool Stop-Long @{ Length = 100000 } }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpToolError,*'
        # Not compared as texts: what Pester says of a difference would be as long.
        "$failure".Length | Should -BeLessThan 4100
        "$failure" -like 'xxx*xxx… (-Raw shows the whole result.)' | Should -BeTrue
        (Get-Result Stop-Long @{ Length = 100000 }).content[0].text.Length | Should -BeGreaterThan 100000

        $short = "$(Get-Failure { Invoke-McpTool Stop-Long @{ Length = 3900 } })"
        $short.Contains('x' * 3900) | Should -BeTrue
        $short.Contains('…') | Should -BeFalse
    }

    It 'of a missing module says which' {
        $result = Get-Result Use-Missing
        $result.isError | Should -BeTrue
        $result.content[0].text | Should -Match 'NoSuchModuleAnywhere.*\[ResourceUnavailable, Modules_ModuleNotFound,'
    }
}

Describe 'An error of the category ProtocolError' {
    It 'is an error of the protocol' {
        { Invoke-McpTool Stop-Protocol -ErrorAction Stop } | Should -Throw -ErrorId 'McpProtocolError*' -ExpectedMessage '*It broke.*'
    }
}

Describe 'Non-terminating errors' {
    It 'follow the output' {
        $result = Get-Result Write-Mistake @{ Output = $true } 3>$null
        $result.isError | Should -BeFalse
        $result.content.text | Should -Be 'some output', 'mistake 1 [InvalidData, Mistake,Write-Mistake]'
    }

    It 'are the result when there is nothing else' {
        $result = Get-Result Write-Mistake 3>$null
        $result.isError | Should -BeTrue
        $result.content[0].text | Should -Be 'mistake 1 [InvalidData, Mistake,Write-Mistake]'
    }

    It 'are told in a bounded number' {
        (Get-Result Write-Mistake @{ Count = 1000 } 3>$null).content[0].text | Should -BeLike '*mistake 20 *and 980 further errors.'
    }
}

Describe 'exit' {
    It 'with 0 ends the command' {
        $result = Get-Result Exit-Script @{ Code = 0 }
        $result.isError | Should -BeFalse
        $result.content[0].text | Should -Be 'before the exit'
    }

    It 'with another code is an error' {
        $result = Get-Result Exit-Script @{ Code = 3 }
        $result.isError | Should -BeTrue
        $result.content[0].text | Should -Be 'The command ended with exit code 3.'
    }
}

Describe 'A caller''s mistake' {
    BeforeAll {
        $server = Start-McpProgressServer -Http -Path $publishedScript -Name raw
    }

    It '<Case> is answered with: <Expected>' -ForEach @(
        @{ Case = 'a missing mandatory argument'; Tool = 'Copy-Sample'; Argument = @{}; Expected = "*Source*" }
        @{ Case = 'a null for a mandatory argument'; Tool = 'Copy-Sample'; Argument = @{ Source = $null }; Expected = "*Source*" }
        @{ Case = 'a wrong type'; Tool = 'Copy-Sample'; Argument = @{ Source = 'a'; Count = 'many' }; Expected = "*'Count'*'many'*wants integer*" }
        @{ Case = 'a value outside ValidateRange'; Tool = 'Copy-Sample'; Argument = @{ Source = 'a'; Count = 0 }; Expected = "*'Count'*1..1000*" }
        @{ Case = 'a value outside ValidateSet'; Tool = 'Set-Leftover'; Argument = @{ Kind = 'Nothing' }; Expected = "*'Kind'*Nothing*Variable*" }
        @{ Case = 'an unknown argument'; Tool = 'Copy-Sample'; Argument = @{ Source = 'a'; Target = 'b' }; Expected = "*'Target'*Source*" }
        @{ Case = 'a common parameter'; Tool = 'Copy-Sample'; Argument = @{ Source = 'a'; OutVariable = 'x' }; Expected = "*'OutVariable'*" }
        @{ Case = 'code for a text'; Tool = 'Measure-Argument'; Argument = @{ Text = '$(throw 1); exit' }; Expected = '*"Start":"$(throw 1)"*' }
    ) {
        $answer = @(Send-Raw $server $Tool $Argument)[-1]
        $answer.result.content[0].text | Should -BeLike $Expected
        $answer.result.content[0].text | Should -Not -BeLike '*Nothing was sent*'
    }

    It 'of an unknown tool is a protocol error' {
        @(Send-Raw $server Get-Process @{})[-1].error.code | Should -Be -32602
        @(Send-Raw $server Get-Unmarked @{})[-1].error.code | Should -Be -32602
    }

    It 'of 10 MB is no mistake' {
        (Get-Result Measure-Argument @{ Text = 'y' * 10MB }).structuredContent.Length | Should -Be 10MB
    }

    It 'of all kinds leaves the server alive' {
        @(Send-Raw $server Copy-Sample @{ Source = 'still here' })[-1].result.structuredContent.Source | Should -Be 'still here'
        (Get-McpProgressServer raw).Status | Should -Be 'Running'
    }
}
