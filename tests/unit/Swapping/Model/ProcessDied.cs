namespace HostSwap.UnitTests.Swapping.Model;

/// <summary>hostctl was killed here. Derived from nothing of the product's, so that nothing there may catch it for good.</summary>
internal sealed class ProcessDied() : Exception("hostctl was killed");

/// <summary>An invariant is broken in the model's world.</summary>
internal sealed class InvariantBroken(string message) : Exception(message);
