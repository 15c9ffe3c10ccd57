using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Generations;

/// <summary>A generation that was to be stopped holds a VM, whoever put it there.</summary>
/// <param name="generation">Which.</param>
/// <param name="held">Everything that it holds, in words.</param>
public sealed class GenerationHoldsException(Generation generation, IReadOnlyList<string> held) : HostSwapException(
    string.Join("; ", held.Select(item => $"{generation.Name} is not stopped: it holds {item}")),
    "Shut the VM down and undefine it there, or move it, then run the command again.");
