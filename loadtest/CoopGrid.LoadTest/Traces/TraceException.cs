namespace CoopGrid.LoadTest.Traces;

/// <summary>A trace that cannot be read; the message names the line and what was expected there.</summary>
internal sealed class TraceException(string message) : Exception(message);
