using System.Globalization;

namespace HostSwap.Orchestrator.Errors;

/// <summary>An earlier operation left VMs, or a candidate, in an unfinished state; nothing else may begin before it is ended.</summary>
/// <param name="operation">Its number in the journal.</param>
/// <param name="what">What it was, in words.</param>
public sealed class UnfinishedException(long operation, string what) : HostSwapException(
    string.Create(CultureInfo.InvariantCulture, $"operation {operation} ({what}) is unfinished"),
    "'hostctl resume' continues it; 'hostctl resume --rollback' returns every VM to the old side.");
