# Turns the Markdown help pages of docs/en-US into what Get-Help reads: MAML for cmdlets, plain text for about topics.
# The pages hold the words; syntax, types, positions, aliases and default values are those of the built cmdlets.

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'

$maml = 'http://schemas.microsoft.com/maml/2004/10'
$command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
$dev = 'http://schemas.microsoft.com/maml/dev/2004/10'
$commonParameters = [System.Management.Automation.Cmdlet]::CommonParameters
$shouldProcessText = @{
    WhatIf  = 'Shows what would happen if the cmdlet ran. The cmdlet is not run.'
    Confirm = 'Prompts for confirmation before the cmdlet runs.'
}

function Split-MarkdownSection {
    <# .SYNOPSIS Cuts text at the headings of one level, outside code fences: an ordered dictionary of title to text. #>
    [CmdletBinding()]
    [OutputType([System.Collections.Specialized.OrderedDictionary])]
    param([Parameter(Mandatory)][AllowEmptyString()][string] $Text, [Parameter(Mandatory)][int] $Level)

    $sections = [ordered]@{}
    $title = ''
    $lines = [System.Collections.Generic.List[string]]::new()
    $fenced = $false
    foreach ($line in $Text -split '\r?\n') {
        if ($line.StartsWith('```')) { $fenced = -not $fenced }
        if (-not $fenced -and $line -match "^#{$Level} +(.+?)\s*$") {
            $sections[$title] = ($lines -join "`n").Trim()
            $title = $Matches[1]
            $lines.Clear()
        } else {
            $lines.Add($line)
        }
    }

    $sections[$title] = ($lines -join "`n").Trim()
    $sections
}

function ConvertTo-PlainText {
    <# .SYNOPSIS Takes Markdown's inline marks out of a paragraph: code, bold, links. #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)][AllowEmptyString()][string] $Text)

    $linked = $Text -replace '\[([^\]]+)\]\((https?:[^)]+)\)', '$1 ($2)' -replace '\[([^\]]+)\]\([^)]+\)', '$1'
    $linked -replace '\*\*([^*]+)\*\*', '$1' -replace '`([^`]+)`', '$1'
}

function Split-Paragraph {
    <# .SYNOPSIS The paragraphs of a text, each on one line; list items stay lines of their own, code keeps its lines. #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)][AllowEmptyString()][string] $Text)

    foreach ($part in $Text -split '(?ms)^(```.*?^```)\s*$') {
        if ($part.StartsWith('```')) {
            ($part -replace '(?m)^```.*$').Trim("`n")
        } else {
            foreach ($paragraph in $part.Trim() -split '\n\s*\n') {
                if ($paragraph) { ConvertTo-PlainText ($paragraph -replace '\n(?![-*|] |\d+\. )\s*', ' ').Trim() }
            }
        }
    }
}

function Read-CommandPage {
    <# .SYNOPSIS Reads one cmdlet's page into an object with a property a section. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)][string] $Path)

    $page = Split-MarkdownSection (Get-Content -LiteralPath $Path -Raw) -Level 1
    $name = @($page.Keys)[-1]
    $sections = Split-MarkdownSection $page[$name] -Level 2
    $get = { param($key) if ($sections.Contains($key)) { $sections[$key] } else { '' } }
    $parameters = Split-MarkdownSection (& $get 'PARAMETERS') -Level 3
    $parameters.Remove('')
    $examples = Split-MarkdownSection (& $get 'EXAMPLES') -Level 3
    $examples.Remove('')
    [pscustomobject]@{
        Name        = $name
        Synopsis    = & $get 'SYNOPSIS'
        Description = & $get 'DESCRIPTION'
        Examples    = $examples
        Parameters  = $parameters
        Inputs      = Split-MarkdownSection (& $get 'INPUTS') -Level 3
        Outputs     = Split-MarkdownSection (& $get 'OUTPUTS') -Level 3
        Notes       = & $get 'NOTES'
        Links       = & $get 'RELATED LINKS'
    }
}

function Get-ParameterText {
    <# .SYNOPSIS What the page says about a parameter; the engine's own WhatIf and Confirm need no page. #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] $Page, [Parameter(Mandatory)][string] $Name)

    if ($Page.Parameters.Contains("-$Name")) { return $Page.Parameters["-$Name"] }
    if ($shouldProcessText.ContainsKey($Name)) { return $shouldProcessText[$Name] }
    Write-Warning "$($Page.Name): the help page does not describe -$Name."
    ''
}

function Get-DefaultValue {
    <# .SYNOPSIS The value a parameter has when it is not given, as text; empty where there is none. #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] $Command, [Parameter(Mandatory)] $Instance, [Parameter(Mandatory)][string] $Name)

    $property = $Command.ImplementingType.GetProperty($Name)
    $value = if ($property -and $property.CanRead) { $property.GetValue($Instance) }
    if ($null -eq $value) { '' } else { [string]::Join(', ', @($value)) }
}

function Write-Paragraph {
    <# .SYNOPSIS Writes maml:para elements. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] $Writer, [AllowEmptyString()][string] $Text)

    foreach ($paragraph in Split-Paragraph $Text) { $Writer.WriteElementString('maml', 'para', $maml, $paragraph) }
}

function Write-ParagraphBlock {
    <# .SYNOPSIS Writes an element that holds paragraphs. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] $Writer, [string] $Prefix, [string] $Name, [string] $Namespace, [AllowEmptyString()][string] $Text)

    $Writer.WriteStartElement($Prefix, $Name, $Namespace)
    Write-Paragraph $Writer $Text
    $Writer.WriteEndElement()
}

function Write-Parameter {
    <# .SYNOPSIS Writes one command:parameter, for the syntax (no words) or for the parameter list. #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] $Writer,
        [Parameter(Mandatory)][System.Management.Automation.CommandParameterInfo] $Parameter,
        [AllowEmptyString()][string] $Text = '',
        [AllowEmptyString()][string] $Default = '',
        [bool] $Wildcards
    )

    $pipeline = @(
        if ($Parameter.ValueFromPipeline) { 'ByValue' }
        if ($Parameter.ValueFromPipelineByPropertyName) { 'ByPropertyName' }
    )
    $isSwitch = $Parameter.ParameterType -eq [switch]
    $Writer.WriteStartElement('command', 'parameter', $command)
    $Writer.WriteAttributeString('required', "$($Parameter.IsMandatory)".ToLowerInvariant())
    $Writer.WriteAttributeString('variableLength', "$($Parameter.ParameterType.IsArray)".ToLowerInvariant())
    $Writer.WriteAttributeString('globbing', "$Wildcards".ToLowerInvariant())
    $Writer.WriteAttributeString('pipelineInput', $(if ($pipeline) { "True ($($pipeline -join ', '))" } else { 'False' }))
    $Writer.WriteAttributeString('position', $(if ($Parameter.Position -ge 0) { "$($Parameter.Position)" } else { 'named' }))
    $Writer.WriteAttributeString('aliases', $(if ($Parameter.Aliases.Count) { $Parameter.Aliases -join ', ' } else { 'none' }))
    $Writer.WriteElementString('maml', 'name', $maml, $Parameter.Name)
    Write-ParagraphBlock $Writer 'maml' 'description' $maml $Text
    if (-not $isSwitch) {
        $Writer.WriteStartElement('command', 'parameterValue', $command)
        $Writer.WriteAttributeString('required', 'true')
        $Writer.WriteString((Get-TypeName $Parameter.ParameterType))
        $Writer.WriteEndElement()
    }

    $Writer.WriteStartElement('dev', 'type', $dev)
    $Writer.WriteElementString('maml', 'name', $maml, (Get-TypeName $Parameter.ParameterType))
    $Writer.WriteEndElement()
    $Writer.WriteElementString('dev', 'defaultValue', $dev, $(if ($Default) { $Default } else { 'None' }))
    $Writer.WriteEndElement()
}

function Get-TypeName {
    <# .SYNOPSIS A type as PowerShell's own help writes it: String[], SwitchParameter, Nullable without its wrapper. #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)][type] $Type)

    $inner = [System.Nullable]::GetUnderlyingType($Type)
    if ($inner) { $inner.Name } else { $Type.Name }
}

function Write-TypeList {
    <# .SYNOPSIS Writes the inputs or outputs: "### Type" with words, or words alone. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] $Writer, [string] $List, [string] $Item, [Parameter(Mandatory)] $Sections)

    $Writer.WriteStartElement('command', $List, $command)
    foreach ($entry in $Sections.GetEnumerator()) {
        if (-not $entry.Key -and -not $entry.Value) { continue }
        $name, $text = if ($entry.Key) { $entry.Key, $entry.Value } else { (ConvertTo-PlainText $entry.Value), '' }
        $Writer.WriteStartElement('command', $Item, $command)
        $Writer.WriteStartElement('dev', 'type', $dev)
        $Writer.WriteElementString('maml', 'name', $maml, $name)
        $Writer.WriteEndElement()
        Write-ParagraphBlock $Writer 'maml' 'description' $maml $text
        $Writer.WriteEndElement()
    }

    $Writer.WriteEndElement()
}

function Write-Example {
    <# .SYNOPSIS Writes the examples: a title, the first fenced block as the code, what is around it as words. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] $Writer, [Parameter(Mandatory)] $Page)

    $Writer.WriteStartElement('command', 'examples', $command)
    $number = 0
    foreach ($example in $Page.Examples.GetEnumerator()) {
        $number++
        $before, $code, $after = $example.Value -split '(?ms)^```\w*\n(.*?)\n```\s*$', 2
        $Writer.WriteStartElement('command', 'example', $command)
        $Writer.WriteElementString('maml', 'title', $maml, "--- Example $number`: $(ConvertTo-PlainText $example.Key) ---")
        $Writer.WriteElementString('dev', 'code', $dev, "$code")
        $Writer.WriteStartElement('dev', 'remarks', $dev)
        Write-Paragraph $Writer "$before`n`n$after"
        # Get-Help puts nothing between two examples.
        $Writer.WriteElementString('maml', 'para', $maml, '')
        $Writer.WriteEndElement()
        $Writer.WriteEndElement()
    }

    $Writer.WriteEndElement()
}

function Write-Link {
    <# .SYNOPSIS Writes the related links: lines like "- [text](address)" or "- Get-McpTool". #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] $Writer, [AllowEmptyString()][string] $Text)

    $Writer.WriteStartElement('command', 'relatedLinks', $command)
    foreach ($line in $Text -split '\n' -match '\S') {
        $label, $address = if ($line -match '\[([^\]]+)\]\(([^)]*)\)') { $Matches[1, 2] } else { $line.TrimStart('-', '*', ' '), '' }
        $Writer.WriteStartElement('maml', 'navigationLink', $maml)
        $Writer.WriteElementString('maml', 'linkText', $maml, (ConvertTo-PlainText $label))
        # A link to another page is of use to a reader of the repository, not to Get-Help.
        $Writer.WriteElementString('maml', 'uri', $maml, $(if ($address -match '^https?:') { $address } else { '' }))
        $Writer.WriteEndElement()
    }

    $Writer.WriteEndElement()
}

function Write-ParameterSection {
    <# .SYNOPSIS Writes the syntax, one item a parameter set, and the list of all parameters. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] $Writer, [Parameter(Mandatory)] $Page, [Parameter(Mandatory)] $Command)

    $all = [ordered]@{}
    $Writer.WriteStartElement('command', 'syntax', $script:command)
    foreach ($set in $Command.ParameterSets) {
        $Writer.WriteStartElement('command', 'syntaxItem', $script:command)
        $Writer.WriteElementString('maml', 'name', $maml, $Command.Name)
        $own = $set.Parameters | Where-Object Name -NotIn $commonParameters
        foreach ($parameter in $own | Sort-Object { $_.Position -lt 0 }, Position, { -not $_.IsMandatory } -Stable) {
            Write-Parameter $Writer $parameter
            if (-not $all.Contains($parameter.Name)) { $all[$parameter.Name] = $parameter }
        }

        $Writer.WriteEndElement()
    }

    $Writer.WriteEndElement()
    $instance = [System.Activator]::CreateInstance($Command.ImplementingType)
    $Writer.WriteStartElement('command', 'parameters', $script:command)
    foreach ($parameter in $all.Values | Sort-Object Name) {
        Write-Parameter $Writer $parameter -Text (Get-ParameterText $Page $parameter.Name) `
            -Default (Get-DefaultValue $Command $instance $parameter.Name) `
            -Wildcards ([bool]($parameter.Attributes | Where-Object { $_ -is [System.Management.Automation.SupportsWildcardsAttribute] }))
    }

    $Writer.WriteEndElement()
    foreach ($documented in $Page.Parameters.Keys) {
        if (-not $all.Contains($documented.TrimStart('-'))) {
            Write-Warning "$($Page.Name): the help page describes $documented, which the cmdlet does not have."
        }
    }
}

function Write-CommandHelp {
    <# .SYNOPSIS Writes one cmdlet's command:command element. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] $Writer, [Parameter(Mandatory)] $Page, [Parameter(Mandatory)] $Command)

    $Writer.WriteStartElement('command', 'command', $script:command)
    $Writer.WriteAttributeString('xmlns', 'maml', $null, $maml)
    $Writer.WriteAttributeString('xmlns', 'dev', $null, $dev)
    $Writer.WriteStartElement('command', 'details', $script:command)
    $Writer.WriteElementString('command', 'name', $script:command, $Page.Name)
    $Writer.WriteElementString('command', 'verb', $script:command, $Command.Verb)
    $Writer.WriteElementString('command', 'noun', $script:command, $Command.Noun)
    Write-ParagraphBlock $Writer 'maml' 'description' $maml $Page.Synopsis
    $Writer.WriteEndElement()
    Write-ParagraphBlock $Writer 'maml' 'description' $maml $Page.Description
    Write-ParameterSection $Writer $Page $Command
    Write-TypeList $Writer 'inputTypes' 'inputType' $Page.Inputs
    Write-TypeList $Writer 'returnValues' 'returnValue' $Page.Outputs
    $Writer.WriteStartElement('maml', 'alertSet', $maml)
    Write-ParagraphBlock $Writer 'maml' 'alert' $maml $Page.Notes
    $Writer.WriteEndElement()
    Write-Example $Writer $Page
    Write-Link $Writer $Page.Links
    $Writer.WriteEndElement()
}

function Export-CommandHelp {
    <# .SYNOPSIS Writes the MAML file of a module's cmdlets from their pages. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)][string] $PageFolder, [Parameter(Mandatory)][string] $Module, [Parameter(Mandatory)][string] $Path)

    $settings = [System.Xml.XmlWriterSettings]@{ Indent = $true; Encoding = [System.Text.UTF8Encoding]::new($false) }
    $writer = [System.Xml.XmlWriter]::Create($Path, $settings)
    try {
        $writer.WriteStartElement('helpItems', 'http://msh')
        $writer.WriteAttributeString('schema', 'maml')
        foreach ($cmdlet in Get-Command -Module $Module -CommandType Cmdlet | Sort-Object Name) {
            $page = Join-Path $PageFolder "$($cmdlet.Name).md"
            if (Test-Path -LiteralPath $page) {
                Write-CommandHelp $writer (Read-CommandPage $page) $cmdlet
            } else {
                Write-Warning "$($cmdlet.Name) has no help page in docs/en-US."
            }
        }

        $writer.WriteEndElement()
    } finally {
        $writer.Dispose()
    }
}

function ConvertTo-WrappedText {
    <# .SYNOPSIS Breaks a line at spaces so that none is wider than a console of 80 columns, indented. #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)][AllowEmptyString()][string] $Text, [int] $Indent = 4, [int] $Width = 79)

    $prefix = ' ' * $Indent
    $hanging = if ($Text -match '^([-*]|\d+\.) ') { ' ' * $Matches[0].Length } else { '' }
    $line = ''
    foreach ($word in $Text -split ' +') {
        if ($line -and $Indent + $line.Length + 1 + $word.Length -gt $Width) {
            "$prefix$line"
            $line = "$hanging$word"
        } else {
            $line = if ($line) { "$line $word" } else { $word }
        }
    }

    if ($line) { "$prefix$line" }
}

function Export-AboutHelp {
    <# .SYNOPSIS Writes one about_*.help.txt from its Markdown page. #>
    [CmdletBinding()]
    param([Parameter(Mandatory)][string] $PagePath, [Parameter(Mandatory)][string] $Path)

    $text = foreach ($part in (Get-Content -LiteralPath $PagePath -Raw) -split '(?ms)^(```.*?^```)\s*$') {
        if ($part.StartsWith('```')) {
            ($part -replace '(?m)^```.*$').Trim("`n") -split '\n' | ForEach-Object { "        $_".TrimEnd() }
            ''
            continue
        }

        foreach ($block in $part.Trim() -split '\n\s*\n|(?m)(?<=^#.*)\n' -match '\S') {
            switch -Regex ($block) {
                '^# +(.+)' { 'TOPIC'; "    $($Matches[1])"; '' ; break }
                '^##+ +(.+)' { $Matches[1].ToUpperInvariant(); break }
                '^\|' { $block -split '\n' -notmatch '^\|[-| :]+\|$' | ForEach-Object { '    ' + (ConvertTo-PlainText $_) }; ''; break }
                default {
                    $block -replace '\n(?![-*] |\d+\. )\s*', ' ' -split '\n' |
                        ForEach-Object { ConvertTo-WrappedText (ConvertTo-PlainText $_) }
                    ''
                }
            }
        }
    }

    Set-Content -LiteralPath $Path -Value $text -Encoding utf8NoBOM
}

Export-ModuleMember -Function Export-CommandHelp, Export-AboutHelp
