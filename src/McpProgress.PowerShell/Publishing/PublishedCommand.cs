using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text.Json;
using McpProgress.Server.Tools;

namespace McpProgress.PowerShell.Publishing;

/// <summary>A PowerShell command as a tool: its definition, and how it is run.</summary>
internal sealed class PublishedCommand
{
    // What every client takes as a tool's name (SEP-986).
    private const int LongestName = 128;

    private readonly string _invocation;
    private readonly JsonElement _inputSchema;
    private readonly JsonElement? _outputSchema;
    private readonly Dictionary<string, Type> _types;
    private readonly ParameterPatterns _patterns;
    private readonly CommandHelp _help;
    private readonly CommandMetadata _metadata;
    private readonly bool _begins;

    /// <summary>Reads a command's definition.</summary>
    /// <param name="command">The command, in the runspace it is run in.</param>
    /// <param name="help">Its help.</param>
    /// <exception cref="NotPublishableException">It cannot be a tool.</exception>
    public PublishedCommand(CommandInfo command, CommandHelp help)
    {
        Name = command is ExternalScriptInfo script ? Path.GetFileNameWithoutExtension(script.Path) : command.Name;
        if (Name.Length is 0 or > LongestName || !Name.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.'))
        {
            throw new NotPublishableException("a tool's name has letters, digits, '-', '_' and '.' only, and no more than 128 of them");
        }

        _invocation = command switch
        {
            ExternalScriptInfo file => file.Path,
            { ModuleName: { Length: > 0 } module } => $"{module}\\{command.Name}",
            _ => command.Name,
        };
        _help = help;
        try
        {
            _metadata = new CommandMetadata(command);
            _inputSchema = CommandSchema.OfInput(command, help);
            _outputSchema = CommandSchema.OfOutput(command);
            _begins = HasBeginBlock(command);
            _types = command.Parameters.ToDictionary(parameter => parameter.Key, parameter => parameter.Value.ParameterType, StringComparer.Ordinal);
            _patterns = new ParameterPatterns(command);
        }
        catch (Exception failure) when (failure is IContainsErrorRecord)
        {
            // Attributes are made when they are asked for: only here does PowerShell find out that one of them makes no sense.
            throw new NotPublishableException(failure.Message.TrimEnd('.'));
        }
    }

    /// <summary>The tool's name.</summary>
    public string Name { get; }

    /// <summary>The tool's description.</summary>
    public string Description => (_help.Synopsis, _help.Description) switch
    {
        (null, null) => $"Runs the PowerShell command {Name}.",
        ({ } synopsis, null) => synopsis,
        (null, { } description) => description,
        ({ } synopsis, { } description) => description.StartsWith(synopsis, StringComparison.Ordinal) ? description : $"{synopsis}\n\n{description}",
    };

    /// <summary>Its name and the first line of its description.</summary>
    public string Summary => $"{Name}: {Description.Split('\n')[0].TrimEnd()}";

    /// <summary>The tool.</summary>
    /// <param name="runner">Runs it.</param>
    /// <param name="tasks">Which commands may or must run as tasks.</param>
    public ServerTool ToTool(CommandRunner runner, TaskChoice tasks)
    {
        var support = tasks.Of(Name);
        return new ServerTool
        {
            Name = Name,
            Description = Description,
            InputSchema = _inputSchema,
            OutputSchema = _outputSchema,
            Annotations = CommandAnnotations.Of(Name, _metadata),
            TaskSupport = support,
            Prepare = !_begins || support == TaskSupport.Forbidden ? null : async (arguments, context) => new ToolArguments(values: null)
            {
                Begun = await runner.BeginAsync(_invocation, ValuesOf(arguments), _outputSchema is not null, context).ConfigureAwait(false),
            },
            Body = async (arguments, context) => arguments.Begun is BegunCommand begun
                ? await begun.GoOnAsync(context).ConfigureAwait(false)
                : await runner.RunAsync(_invocation, ValuesOf(arguments), _outputSchema is not null, context).ConfigureAwait(false),
        };
    }

    /// <summary>The parameters of a call.</summary>
    /// <param name="arguments">What the caller sent.</param>
    /// <exception cref="ToolException">They do not fit; the message says what is wanted.</exception>
    public IReadOnlyDictionary<string, object?> ValuesOf(ToolArguments arguments)
    {
        var values = ParameterValues.Of(_inputSchema, _types, arguments);
        _patterns.Check(values);
        return values;
    }

    // The block's end says where questions end and work begins. A compiled cmdlet does not tell whether it overrides BeginProcessing to ask.
    private static bool HasBeginBlock(CommandInfo command)
    {
        var source = CommandHelp.AstOf(command);
        var body = source is FunctionDefinitionAst definition ? definition.Body : source as ScriptBlockAst;
        return body?.BeginBlock is not null;
    }
}
