namespace McpProgress.Interop.Tests.Peers;

/// <summary>A test that needs the peers of tests/interop/package.json, and says so where they are missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeFactAttribute : FactAttribute
{
    /// <summary>Skips the test where the peers cannot be run.</summary>
    public NodeFactAttribute() => Skip = Node.MissingReason;
}

/// <summary>A <see cref="NodeFactAttribute"/> with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NodeTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips the test where the peers cannot be run.</summary>
    public NodeTheoryAttribute() => Skip = Node.MissingReason;
}
