namespace HostSwap.Lab;

/// <summary>The lab could not do its part: the message says what it tried and what it saw.</summary>
public class LabException(string message, Exception? inner = null) : Exception(message, inner);
