using HostSwap.Orchestrator.Swapping;
using Serilog.Core;
using Serilog.Events;

namespace HostSwap.Hostctl.Logging;

/// <summary>
/// Puts the swap's number and generation on every line from the moment they are known, whoever writes the line. It is
/// state of the process and not of an asynchronous flow, since one process makes at most one swap.
/// </summary>
internal sealed class SwapLogContext : ILogEventEnricher, ISwapObserver
{
    private volatile LogEventProperty[] _properties = [];

    /// <inheritdoc/>
    public void OnEvent(SwapEvent swapEvent)
    {
        switch (swapEvent)
        {
            case SwapStarted e:
                _properties = [Property("SwapId", e.Operation), Property("Generation", e.From)];
                break;
            case PlanMade { Plan.Candidate: { } candidate }:
                _properties = [.. _properties, Property("Candidate", candidate)];
                break;
        }
    }

    /// <inheritdoc/>
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        foreach (var property in _properties) logEvent.AddPropertyIfAbsent(property);
    }

    private static LogEventProperty Property(string name, object value) => new(name, new ScalarValue(value));
}
