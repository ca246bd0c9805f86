namespace McpProgress.Server.Progress;

/// <summary>One progress record of nested activities, as <c>Write-Progress</c> makes them.</summary>
/// <param name="Source">Who wrote it: ids of different sources are different activities.</param>
/// <param name="Id">The activity's id.</param>
/// <param name="ParentId">The id of the activity it is part of; negative for none.</param>
/// <param name="Activity">What is being done.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Operation">The single operation in progress; null or empty for none.</param>
/// <param name="Percent">0 to 100; negative when unknown.</param>
/// <param name="SecondsRemaining">Seconds; negative when unknown.</param>
/// <param name="IsCompleted">The activity has ended.</param>
public readonly record struct ActivityRecord(
    long Source, int Id, int ParentId, string Activity, string Status, string? Operation, int Percent, int SecondsRemaining, bool IsCompleted);
