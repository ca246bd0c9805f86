using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace McpProgress.PowerShell.Publishing;

/// <summary>Whether a module keeps state between calls of its commands. Its variables cannot be looked at from outside, so its source must tell.</summary>
internal static class ModuleState
{
    private static readonly ConcurrentDictionary<string, bool> Known = new(StringComparer.Ordinal);

    /// <summary>Whether a module is sure to keep nothing per runspace: it is compiled, or a script without variables of its own.</summary>
    public static bool IsStateless(PSModuleInfo module) => module.ModuleType switch
    {
        // A manifest's parts are listed as modules themselves, each by its own file.
        ModuleType.Binary => true,
        ModuleType.Manifest => true,
        ModuleType.Script => string.IsNullOrEmpty(module.Path) ? false
            : Path.GetExtension(module.Path).Equals(".psm1", StringComparison.OrdinalIgnoreCase) ? Known.GetOrAdd(module.Path, IsStatelessScript)
            : RootOf(module) is { } root && Known.GetOrAdd(root, IsStatelessScript),
        _ => false,
    };

    private static string? RootOf(PSModuleInfo module) =>
        module.RootModule is { Length: > 0 } root && Path.Combine(module.ModuleBase, Path.HasExtension(root) ? root : root + ".psm1") is var path && File.Exists(path) ? path : null;

    private static bool IsStatelessScript(string path) =>
        Parser.ParseFile(path, out _, out _).Find(KeepsState, searchNestedScriptBlocks: true) is null;

    private static bool KeepsState(Ast ast) => ast switch
    {
        VariableExpressionAst variable => variable.VariablePath.IsScript,
        AssignmentStatementAst assignment => !IsWithinFunction(assignment),
        CommandAst { InvocationOperator: TokenKind.Dot } => true,
        CommandAst command => command.GetCommandName()?.ToUpperInvariant() is "SET-VARIABLE" or "NEW-VARIABLE" or "SV" or "NV" or "SET",
        UsingStatementAst => true,
        _ => false,
    };

    private static bool IsWithinFunction(Ast ast)
    {
        for (var parent = ast.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent is FunctionDefinitionAst)
            {
                return true;
            }
        }

        return false;
    }
}
