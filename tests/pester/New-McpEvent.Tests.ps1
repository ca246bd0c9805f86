# Events of the user's own.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Servers.ps1')
}

Describe 'New-McpEvent' {
    It 'publishes an event with its data and returns it' {
        $before = [datetimeoffset]::Now
        $published = New-McpEvent first_arg ([ordered] @{ n = 3; list = 1, 'two', $null; nested = @{ deep = $true } })

        $published | Should -BeOfType McpProgress.McpEvent
        $published.Name | Should -Be 'first_arg'
        "$($published.Server)$($published.CallId)$($published.TaskId)$($published.ParentId)" | Should -Be ''
        $published.Timestamp | Should -BeGreaterOrEqual $before
        $published.Data | ConvertTo-Json -Compress | Should -Be '{"n":3,"list":[1,"two",null],"nested":{"deep":true}}'
        $kept = Get-McpEvent first_arg -Last 1
        $kept.Id | Should -Be $published.Id
        $kept.Sequence | Should -Be $published.Sequence
    }

    It 'takes <Case>' -ForEach @(
        @{ Case = 'nothing'; Data = $null; Json = '{}' }
        @{ Case = 'an object'; Data = [pscustomobject]@{ a = 1 }; Json = '{"a":1}' }
        @{ Case = 'a text'; Data = 'hello'; Json = '{"value":"hello"}' }
        @{ Case = 'a number'; Data = 4.5; Json = '{"value":4.5}' }
        @{ Case = 'a list'; Data = @(1, 2); Json = '{"value":[1,2]}' }
    ) {
        (New-McpEvent case -Data $Data).Data | ConvertTo-Json -Compress | Should -Be $Json
    }

    It 'publishes one for each piped object' {
        $published = @{ n = 1 }, @{ n = 2 } | New-McpEvent piped
        $published.Data.n | Should -Be 1, 2
        $published[1].Sequence | Should -Be ($published[0].Sequence + 1)
    }

    It 'refuses <Case>' -ForEach @(
        @{ Case = 'a secure string'; Data = { @{ token = ConvertTo-Secret 'hidden' } } }
        @{ Case = 'a credential, deep inside'; Data = { @{ list = @(1, @{ who = [pscredential]::new('me', (ConvertTo-Secret 'hidden')) }) } } }
        @{ Case = 'a secure string in an object'; Data = { [pscustomobject]@{ token = ConvertTo-Secret 'hidden' } } }
        @{ Case = 'what contains itself'; Data = { $self = @{ }; $self.self = $self; $self } }
        @{ Case = 'a number that JSON has no form for'; Data = { @{ n = [double]::NaN } } }
    ) {
        $count = @(Get-McpEvent).Count
        $failure = Get-Failure { New-McpEvent refused -Data (& $Data) }
        $failure.FullyQualifiedErrorId | Should -BeLike 'McpInvalidArgument,*'
        @(Get-McpEvent).Count | Should -Be $count
    }

    It 'needs a name' {
        { New-McpEvent '' } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
    }
}
