import { Component, type ReactNode } from "react";

/** An error boundary that keeps the rest of the console usable when a page crashes. */
export class CrashNotice extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false };

  static getDerivedStateFromError() {
    return { crashed: true };
  }

  override render() {
    if (!this.state.crashed) return this.props.children;
    return (
      <div className="notice bad" role="alert">
        <p>Something went wrong on this page. Your entries and the tokens that you generated are kept.</p>
        <button type="button" onClick={() => this.setState({ crashed: false })}>
          Show the page again
        </button>
      </div>
    );
  }
}
